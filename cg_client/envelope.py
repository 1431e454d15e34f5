"""The envelope around every answer: the body's `code` first, the HTTP status second.

Live behaviour, by `errors.json` of the catalogue: nearly every failure is HTTP 200 with a string code. "401 Upgrade
plan" is the plan, "403" the interval, "400" a pair, a parameter or the key, "500" a fault or a wrong symbol format.
The texts are matched as well because the same refusal occurs under several codes.
"""

import email.utils
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from cg_client.errors import (
    IntervalRefused,
    NoData,
    NotFound,
    PlanRefused,
    RateLimited,
    Unauthorized,
    UnavailableReason,
    UnknownPath,
    UpstreamFailed,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.transport import UpstreamResponse

MAX_RETRY_AFTER = 300.0  # seconds, so that one header cannot stop all requests for hours
_MAX_TEXT = 200
_CHECK = "check COINGLASS_API_KEY, or CG-API-KEY if the request carries a key"
_MAX_EMPTY = 100  # bytes, white space included: longer data is never empty
_OK = 200
_SERVER_ERROR = 500
_FORBIDDEN = 403
_REFUSED = (401, _FORBIDDEN)
_SERVER_ERROR_CODE = re.compile(r"5..", re.DOTALL)
_RATE = re.compile(r"too many requests|too frequent|rate[ -]?limit")
_PHRASES: Sequence[tuple[re.Pattern[str], type[UpstreamFailed]]] = (
    (_RATE, RateLimited),
    (re.compile("upgrade plan"), PlanRefused),
    (re.compile("interval is not available"), IntervalRefused),
    (re.compile("api key"), Unauthorized),
    (re.compile("pair does not exist"), NotFound),
)
_EMPTY = re.compile(rb"\s*(?:null|\{\s*\})\s*")
# Subjects of a 404 other than the path: "Endpoint not found. Please refer to the API documentation".
_NOT_A_PATH = re.compile(r"\b(pair|symbol|coin|exchange|instrument|ticker|wallet|address)s?\b", re.IGNORECASE)
_PATH = re.compile(r"/\S+")
_SUCCESS = re.compile(rb'\s*\{\s*"code"\s*:\s*"0"\s*,(?:\s*"msg"\s*:\s*"[^"\\]*"\s*,)?\s*"data"\s*:')


class _Envelope(msgspec.Struct, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"null")
    code: str | int | None = None
    msg: object = None
    message: object = None

    @property
    def text(self) -> str:
        text = self.msg or self.message
        return text[:_MAX_TEXT] if isinstance(text, str) else ""


_decoder = msgspec.json.Decoder(_Envelope)


def payload(response: UpstreamResponse) -> msgspec.Raw:
    """Return the `data` of a successful answer; raises the UpstreamFailed that any other means, and NoData."""
    try:
        envelope = _decoder.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _without_envelope(response, is_json=isinstance(error, msgspec.ValidationError)) from error
    code = None if envelope.code is None else str(envelope.code)
    if code == "0" and response.status < 400:  # noqa: PLR2004  # the status codes that HTTP calls successful
        _check_has_data(envelope.data)
        return envelope.data
    raise _failure(response, code, envelope.text)


def _check_has_data(data: msgspec.Raw) -> None:
    """Raise NoData for null and for an empty object; an empty list is an answer."""
    if len(data) <= _MAX_EMPTY and _EMPTY.fullmatch(data):
        raise NoData("CoinGlass answered without data.")


def unparsed_data(response: UpstreamResponse) -> msgspec.Raw | None:
    """Find what is most likely the `data` of a success, without parsing it; None if the body begins otherwise.

    It is right wherever it is one JSON value: anything behind `data` would stand in it. Raises NoData.
    """
    head = _SUCCESS.match(response.body) if response.status == _OK else None
    if head is None:
        return None
    data = msgspec.Raw(memoryview(response.body)[head.end() : -1])
    if len(data) <= _MAX_EMPTY:
        _check_has_data(data)
    return data


def _without_envelope(response: UpstreamResponse, *, is_json: bool) -> UpstreamFailed:
    """Return the failure of a body without an envelope, by its status."""
    if response.status == 429:  # noqa: PLR2004
        return _rate_limited(response)
    if response.status == 404:  # noqa: PLR2004
        return UnknownPath("CoinGlass does not know this path.")
    if response.status in _REFUSED:
        return _refused_in_front(response, "no envelope of CoinGlass" if is_json else "no JSON")
    reason = UnavailableReason.HTTP_STATUS if response.status >= _SERVER_ERROR else UnavailableReason.MALFORMED_BODY
    message = f"CoinGlass answered HTTP {response.status} with a body that is not its JSON."
    return UpstreamUnavailable(message, reason=reason)


def _refused_in_front(response: UpstreamResponse, instead: str) -> UpstreamFailed:
    """Return the failure of a proxy's refusal, which says nothing about the key: CoinGlass refuses in its envelope."""
    message = f"A page in front of CoinGlass refused the request (HTTP {response.status}, {instead})."
    return UpstreamUnavailable(message, reason=UnavailableReason.HTTP_STATUS)


def _failure(response: UpstreamResponse, code: str | None, text: str) -> UpstreamFailed:
    failure = _by_text(response, text, code or "")
    if failure is None and code is None and response.status == _FORBIDDEN:
        return _refused_in_front(response, "no envelope of CoinGlass")
    return failure or _by_code(response, code or str(response.status), text)


def _rate_limited(response: UpstreamResponse) -> UpstreamFailed:
    return RateLimited(
        "CoinGlass limits the rate of requests.",
        retry_after(response.headers.get(b"retry-after", b"").decode("latin-1")),
    )


def stated_refusal(text: str) -> type[UpstreamFailed] | None:
    """Return the kind of refusal that a text states, whatever its code."""
    lowered = text.lower()
    return next((refusal for phrase, refusal in _PHRASES if phrase.search(lowered)), None)


def _by_text(response: UpstreamResponse, text: str, code: str) -> UpstreamFailed | None:
    """Return the refusal that the text states, whatever its code."""
    stated = stated_refusal(text)
    if stated is RateLimited:
        return _rate_limited(response)
    if stated is PlanRefused:
        return PlanRefused(text)
    if stated is IntervalRefused or code == "403":
        return IntervalRefused(text)
    if stated is Unauthorized:
        return key_refused(text)
    return NotFound(f"CoinGlass: {text}") if stated is NotFound else None


def key_refused(reason: str) -> Unauthorized:
    return Unauthorized(f"CoinGlass does not accept the key ({reason}); {_CHECK}.")


def _by_code(response: UpstreamResponse, code: str, text: str) -> UpstreamFailed:
    """Return any other failure, by the code of the body or of HTTP."""
    codes = {code, str(response.status)}
    if codes & {"429", "50001"}:
        return _rate_limited(response)
    if "404" in codes:
        missing = NotFound if _NOT_A_PATH.search(_PATH.sub("", text)) else UnknownPath
        return missing(f"CoinGlass: {text or 'not found'}")
    if "401" in codes:
        return key_refused(text or "code 401")
    if code == "408":
        return UpstreamTimeout("CoinGlass took too long by its own account.")
    if _SERVER_ERROR_CODE.fullmatch(code) or response.status >= _SERVER_ERROR:
        message = f"CoinGlass: {text or 'server error'} (code {code})"
        is_status = response.status >= _SERVER_ERROR
        reason = UnavailableReason.HTTP_STATUS if is_status else UnavailableReason.ENVELOPE
        return UpstreamUnavailable(message, perhaps_ours=not is_status, reason=reason)
    return UpstreamRejected(f"CoinGlass rejected the request: {text or 'no reason given'} (code {code})")


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds of a `Retry-After` header in either form, bounded; None if it is missing or malformed."""
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
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds == seconds else None  # noqa: PLR0124  # NaN
