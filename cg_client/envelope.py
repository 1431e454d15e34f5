"""The envelope around every answer: the body's `code` first, the HTTP status second.

Live behaviour, by `errors.json` of the catalogue: nearly every failure is HTTP 200 with a string code. "401 Upgrade
plan" is the plan, "403" the interval, "400" a pair, a parameter or the key, "500" a fault or a wrong symbol format.
The texts are matched beside the codes because the same refusal was seen under several codes.
"""

import email.utils
import re
from datetime import UTC, datetime

import msgspec

from cg_client.errors import (
    IntervalRefused,
    NotFound,
    PlanRefused,
    RateLimited,
    Unauthorized,
    UnknownPath,
    UpstreamFailed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.transport import Reply

RETRY_AFTER_AT_MOST = 300.0  # seconds; a longer wish is cut, so that one header cannot stop us for hours
_TEXT_SHOWN = 200
_OK = 200
_SERVER_ERROR = 500
# What a 404 may also be about. Any other means the path: "Endpoint not found. Please refer to the API documentation".
_NAMED = re.compile(r"\b(pair|symbol|coin|exchange|instrument|ticker|wallet|address)s?\b", re.IGNORECASE)
_PATH = re.compile(r"/\S+")
_PLAIN = re.compile(rb'\s*\{\s*"code"\s*:\s*"0"\s*,(?:\s*"msg"\s*:\s*"[^"\\]*"\s*,)?\s*"data"\s*:')


class _Envelope(msgspec.Struct, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"null")
    code: str | int | None = None
    msg: str | None = None
    message: str | None = None


_decoder = msgspec.json.Decoder(_Envelope)


def payload(reply: Reply) -> msgspec.Raw:
    """The `data` of a successful answer; raises the UpstreamFailed that any other means."""
    try:
        envelope = _decoder.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _without_envelope(reply) from error
    code = str(envelope.code) if envelope.code is not None else ""
    if code == "0" and reply.status < 400:  # noqa: PLR2004  # the status codes that HTTP calls successful
        return envelope.data
    raise _failure(reply, code, (envelope.msg or envelope.message or "")[:_TEXT_SHOWN])


def plain_data(reply: Reply) -> msgspec.Raw | None:
    """What is most likely the `data` of a success, found without reading it; None where the body begins otherwise.

    It is right wherever it is one JSON value: anything behind `data` would stand in it.
    """
    found = _PLAIN.match(reply.body) if reply.status == _OK else None
    return None if found is None else msgspec.Raw(memoryview(reply.body)[found.end() : -1])


def _without_envelope(reply: Reply) -> UpstreamFailed:
    """What a body without an envelope means: only the status speaks."""
    if reply.status == 429:  # noqa: PLR2004
        return RateLimited("CoinGlass limits the rate of requests.", retry_after(reply.header(b"retry-after")))
    if reply.status == 404:  # noqa: PLR2004
        return UnknownPath("CoinGlass does not know this path.")
    if reply.status in (401, 403):
        return Unauthorized("CoinGlass does not accept the key; check COINGLASS_API_KEY.")
    return UpstreamUnavailable(f"CoinGlass answered HTTP {reply.status} with a body that is not its JSON.")


def _failure(reply: Reply, code: str, text: str) -> UpstreamFailed:
    return _by_text(text, code) or _by_code(reply, code or str(reply.status), text)


def _by_text(text: str, code: str) -> UpstreamFailed | None:
    """The refusals whose text is known, whatever their code."""
    said = text.lower()
    if "upgrade plan" in said:
        return PlanRefused(text)
    if code == "403" or "interval is not available" in said:
        return IntervalRefused(text)
    if "api key" in said:
        return Unauthorized(f"CoinGlass does not accept the key ({text}); check COINGLASS_API_KEY.")
    if "pair does not exist" in said:
        return NotFound(f"CoinGlass: {text}")
    return None


def _by_code(reply: Reply, code: str, text: str) -> UpstreamFailed:
    """The rest, by the code of the body or else of HTTP."""
    codes = {code, str(reply.status)}
    if codes & {"429", "50001"}:
        return RateLimited("CoinGlass limits the rate of requests.", retry_after(reply.header(b"retry-after")))
    if "404" in codes:
        missing = NotFound if _NAMED.search(_PATH.sub("", text)) else UnknownPath
        return missing(f"CoinGlass: {text or 'not found'}")
    if "401" in codes:
        return Unauthorized(f"CoinGlass does not accept the key ({text or 'code 401'}); check COINGLASS_API_KEY.")
    if code == "408":
        return UpstreamTimeout("CoinGlass took too long by its own account.")
    if _is_server_error(code) or reply.status >= _SERVER_ERROR:
        message = f"CoinGlass: {text or 'server error'} (code {code})"
        return UpstreamUnavailable(message, perhaps_ours=reply.status < _SERVER_ERROR)
    return UpstreamRejected(f"CoinGlass rejected the request: {text or 'no reason given'} (code {code})")


def _is_server_error(code: str) -> bool:
    return len(code) == 3 and code.startswith("5")  # noqa: PLR2004


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a `Retry-After` header in either of its forms, bounded; None where there is none that can be read."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = email.utils.parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_AT_MOST) if seconds == seconds else None  # noqa: PLR0124  # NaN
