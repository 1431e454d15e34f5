"""Response headers that restrict what a browser does with a page: policy, frames, referrer."""

import functools
import hashlib
from base64 import b64encode
from html.parser import HTMLParser
from typing import Final

from server.http import Header

_EVERY_PAGE: Final[tuple[Header, ...]] = (
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # the address of the explorer contains the query
)
_NO_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
TEXT_HEADERS: Final[tuple[Header, ...]] = (
    (b"content-security-policy", f"default-src 'none'; {_NO_FRAMES}".encode()),
    *_EVERY_PAGE,
)


@functools.lru_cache(maxsize=4)
def explorer_headers(page: str) -> dict[str, str]:
    """Return headers that allow what the page contains: its inline scripts by hash, its external files by address.

    Editors in the page write styles and connect to this server, over HTTP and WebSocket.
    """
    elements = _Elements(page)
    inline = [f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in elements.inline]
    policy = (
        f"default-src 'none'; script-src {' '.join(inline + elements.scripts)}; "
        f"style-src 'unsafe-inline' {' '.join(elements.styles)}; font-src 'self' data:; img-src 'self' data:; "
        f"connect-src 'self'; {_NO_FRAMES}"
    )
    return {"content-security-policy": policy} | {name.decode(): value.decode() for name, value in _EVERY_PAGE}


class _Elements(HTMLParser):
    """The scripts and style sheets of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._is_inline = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        source, address = attributes.get("src"), attributes.get("href")
        if tag == "script":
            self._is_inline = source is None
            if source is None:
                self.inline.append("")
            else:
                self.scripts.append(source)
        elif tag == "link" and attributes.get("rel") == "stylesheet" and address is not None:
            self.styles.append(address)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_inline = False

    def handle_data(self, data: str) -> None:
        if self._is_inline:
            self.inline[-1] += data
