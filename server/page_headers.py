"""Response headers that restrict what a browser does with a page: policy, frames, referrer."""

from typing import Final

from server.http import Header

_EVERY_PAGE: Final[tuple[Header, ...]] = (
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)
_NO_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _headers(policy: str) -> tuple[Header, ...]:
    return ((b"content-security-policy", f"default-src 'none'; {policy}{_NO_FRAMES}".encode()), *_EVERY_PAGE)


TEXT_HEADERS: Final = _headers("")
SCRIPT_HEADERS: Final = _headers("script-src 'self'; ")  # a worker has the policy of its own file
LIGHT_PAGE_HEADERS: Final = _headers(
    "script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
)
BUILT_PAGE_HEADERS: Final = _headers(  # its editor and its charts write styles
    "script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data: blob:; connect-src 'self'; "
)
