"""Faults that make the sandbox fail as CoinGlass, or the network on the way to it, can fail."""

import asyncio
import functools
import gzip
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox import envelopes
from sandbox.envelopes import SandboxReply

_BOMB_BYTES = 100 * 1024 * 1024  # of zeros, which gzip compresses to a thousandth


class FaultKind(Enum):
    PLAN = "plan"
    INTERVAL = "interval"
    KEY_MISSING = "key_missing"
    KEY_INVALID = "key_invalid"
    PARAMETER_MISSING = "parameter_missing"
    PAIR_UNKNOWN = "pair_unknown"
    SERVER_ERROR = "server_error"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_IN_BODY = "rate_limited_in_body"
    RATE_LIMITED_OLD_CODE = "rate_limited_old_code"
    RATE_LIMITED_BY_TEXT = "rate_limited_by_text"
    HTTP_500 = "http_500"
    HTTP_502_HTML = "http_502_html"
    HTTP_403_HTML = "http_403_html"
    NOT_JSON = "not_json"
    CUT_JSON = "cut_json"
    WRONG_TYPE = "wrong_type"
    WRONG_SHAPE = "wrong_shape"
    EMPTY = "empty"
    NULL = "null"
    NO_DATA = "no_data"
    SLOW = "slow"
    HANG = "hang"
    RESET = "reset"
    TRUNCATED = "truncated"
    LENGTH_TOO_LONG = "length_too_long"
    LENGTH_TOO_SHORT = "length_too_short"
    DRIPS = "drips"
    OVERSIZED = "oversized"
    GZIP_BOMB = "gzip_bomb"


# The regular answer, which does not arrive as it should: see `sandbox/delivery.py`.
OF_DELIVERY = frozenset(
    {
        FaultKind.RESET,
        FaultKind.TRUNCATED,
        FaultKind.LENGTH_TOO_LONG,
        FaultKind.LENGTH_TOO_SHORT,
        FaultKind.DRIPS,
        FaultKind.OVERSIZED,
    }
)

_REPLIES: Mapping[FaultKind, SandboxReply] = {
    FaultKind.PLAN: envelopes.PLAN,
    FaultKind.INTERVAL: envelopes.INTERVAL,
    FaultKind.KEY_MISSING: envelopes.KEY_MISSING,
    FaultKind.KEY_INVALID: envelopes.KEY_INVALID,
    FaultKind.PARAMETER_MISSING: envelopes.parameter_missing("exchange_list"),
    FaultKind.PAIR_UNKNOWN: envelopes.PAIR_UNKNOWN,
    FaultKind.SERVER_ERROR: envelopes.SERVER_ERROR,
    FaultKind.NOT_FOUND: envelopes.NOT_FOUND,
    FaultKind.RATE_LIMITED: envelopes.RATE_LIMITED,
    FaultKind.RATE_LIMITED_IN_BODY: envelopes.RATE_LIMITED_IN_BODY,
    FaultKind.RATE_LIMITED_OLD_CODE: envelopes.RATE_LIMITED_OLD_CODE,
    FaultKind.RATE_LIMITED_BY_TEXT: envelopes.failure("400", "Too Many Requests"),
    FaultKind.HTTP_500: envelopes.failure("500", "Internal Server Error", 500),
    FaultKind.HTTP_502_HTML: SandboxReply(502, b"<html><body>Bad Gateway</body></html>"),
    FaultKind.HTTP_403_HTML: SandboxReply(403, b"<html><title>Attention Required!</title>You have been blocked</html>"),
    FaultKind.NOT_JSON: SandboxReply(200, b"<html><body>Maintenance</body></html>"),
    FaultKind.EMPTY: SandboxReply(200, b""),
    FaultKind.NULL: envelopes.success(None),
    FaultKind.NO_DATA: SandboxReply(200, b'{"code":"0","msg":"success","success":true}'),
}


@dataclass
class Fault:
    """`path` is one endpoint's or `*`; with `times` None, the fault lasts until it is cleared.

    It hits a `share` of the requests, the same ones for the same `seed`. `seconds` is for SLOW, HANG, DRIPS and
    LENGTH_TOO_LONG.
    """

    kind: FaultKind
    path: str = "*"
    times: int | None = None
    seconds: float = 1.0
    retry_after: str | None = None
    share: float = 1.0
    seed: int = 0
    _chance: random.Random = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311  # not used for secrets

    def hits(self, path: str) -> bool:
        """Whether the fault is due; counts it down."""
        if self.path not in ("*", path) or self.times == 0 or self._chance.random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def reply(self, regular: SandboxReply) -> SandboxReply:
        """Return the answer to send instead; faults of delivery have none."""
        match self.kind:
            case FaultKind.SLOW | FaultKind.HANG:
                await asyncio.sleep(self.seconds)
                return regular
            case FaultKind.CUT_JSON:
                return SandboxReply(200, regular.body[: len(regular.body) // 2])
            case FaultKind.WRONG_TYPE:
                return SandboxReply(200, _with_wrong_type(regular.body))
            case FaultKind.WRONG_SHAPE:
                return SandboxReply(200, b'{"code": "0", "msg": "success", "data": "a text in place of rows"}')
            case FaultKind.GZIP_BOMB:
                return SandboxReply(200, _bomb(), {"content-encoding": "gzip"})
            case kind:
                headers = {} if self.retry_after is None else {"retry-after": self.retry_after}
                return SandboxReply(_REPLIES[kind].status, _REPLIES[kind].body, headers)


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_BYTES))


def _with_wrong_type(body: bytes) -> bytes:
    """Return the answer with its last figure replaced by an object."""
    answer = json.loads(body)
    _spoil(answer, "data")
    return json.dumps(answer).encode()


def _spoil(parent: Any, key: Any) -> None:  # noqa: ANN401  # JSON
    value = parent[key]
    if isinstance(value, dict) and value:
        _spoil(value, list(value)[-1])
    elif isinstance(value, list) and value:
        _spoil(value, len(value) - 1)
    else:
        parent[key] = {"spoilt": True}
