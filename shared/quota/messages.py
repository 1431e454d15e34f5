"""What replicas and the script of the common quota tell each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import msgspec

from shared.store.commands import Argument, StoreReply
from shared.store.script import FOLDER, LuaScript

SILENT: Final = 3.0  # seconds without contact after which the script sets a replica's safe share aside; as there
LATE: Final = 1.0  # seconds after which the script executes a request no more; as there
_PARTS: Final = ("members", "releases", "turns")

Digest: TypeAlias = str  # of a client's name, which the store does not see


class Waiting(msgspec.Struct, array_like=True, frozen=True):
    """Calls of one client and priority, and for how many seconds the first and the last of them have waited."""

    client: Digest
    priority: int
    weight: int
    count: int
    oldest: float
    newest: float


class Candidate(msgspec.Struct, array_like=True, frozen=True):
    """Calls of one client and priority, of which some were refused just now."""

    client: Digest
    priority: int
    weight: int


class Opening(msgspec.Struct, array_like=True, frozen=True):
    """In how many seconds one more call of a candidate could start, behind all that wait."""

    client: Digest
    priority: int
    seconds: float
    is_beyond_share: bool


class GroupForecast(msgspec.Struct, array_like=True, frozen=True):
    """In how many seconds each call of a group could start; the first `in_share` of them within the client's share."""

    client: Digest
    priority: int
    in_share: int
    times: list[float]


class QuotaRequest(msgspec.Struct, kw_only=True):
    """The state of a replica.

    `boot` is new with each start of the process, which was `age` seconds ago, and `seq` with each request. `acked` is
    that of the last reply, which the script sent at `replied_at`; this request was sent at `sent` at the latest: both
    by the clock of the store. That reply told of the state that began at `created`, by which a later one is another
    state. Other replicas are `peers`, by name and boot; calls that none of them reports may count
    for `unreported_for` seconds. While a replica is `alone`, `ended` are all its calls of the last minute, else those
    since the last reply. The safe share is the limit divided by `share_divisor`; with 0 there is none.

    After `grant_lifetime_seconds` nothing counts any more that the store has granted before. That is how long a store
    without data grants nothing, or `recovery_seconds` if the first replica that it hears of has just started. A replica
    that is silent for longer than `member_lifetime_seconds` has ended. Calls beyond the shares of their clients may use
    `excess_fraction` of the limit, and `leased` calls may start without asking.
    """

    replica: str
    boot: str
    age: float
    seq: int
    acked: int
    replied_at: float | None
    created: float | None
    sent: float | None
    alone: bool
    leave: bool
    share_divisor: int
    version: int
    peers: list[tuple[str, str]]
    unreported_for: float
    limit: int
    stated: bool
    learned: int
    at_least: int
    recovery_seconds: float
    grant_lifetime_seconds: float
    member_lifetime_seconds: float
    excess_fraction: float
    in_flight: list[tuple[Digest, int]]
    leased: int
    ended: list[tuple[float, Digest]]
    corrections: list[tuple[float, int]]
    pause: float
    pause_reason: int
    waiting: list[Waiting]
    candidates: list[Candidate]


class QuotaReply(msgspec.Struct, kw_only=True):
    """The state of the common quota, and what it grants.

    `status` is `ok`, or `unknown` for a replica that has to report first, `busy` for one whose name another uses,
    `late` for a request that came after a later one, and `left`. A replica that was alone remains so until it is
    `ready`. Up to `leased` calls may start without asking. If there are candidates, `opens_in` has by priority in how
    many seconds the first call of anybody could start. `is_replaced`: what the store had before was unreadable.
    """

    status: str
    time: float
    is_replaced: bool = False
    created: float = 0.0
    ready: bool = False
    recovers_in: float = 0.0
    limit: int = 0
    stated: bool = False
    at_least: int = 0
    version: int = 0
    members: int = 0
    peers: list[tuple[str, str]] | None = None
    unreported_for: float = 0.0
    share_divisor: int = 0
    pause: float = 0.0
    pause_reason: int = 0
    granted: list[tuple[Digest, int, int]] = []
    forecasts: list[GroupForecast] = []
    openings: list[Opening] = []
    opens_in: list[float] = []
    next: float | None = None
    leased: int = 0
    used: int = 0
    resets_in: float | None = None


def quota_script(folder: Path = FOLDER) -> LuaScript:
    """Return the script, which is in several files."""
    *functions, exchange, run = ((folder / f"quota_{part}.lua").read_text() for part in (*_PARTS, "exchange", "run"))
    return LuaScript("quota", "\n".join([*functions, "local function exchange()", exchange, "end", run]))


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(QuotaReply).decode


class ScriptRunner(Protocol):
    """A store, or what runs commands while it returns."""

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()) -> StoreReply:
        """Return what the script returns; raises StoreAway and CommandRefused."""


async def exchange(store: ScriptRunner, name: str, request: QuotaRequest) -> QuotaReply:
    """Execute the script of the quota with this name; raises StoreAway, CommandRefused and msgspec.DecodeError."""
    packed = await store.run(_SCRIPT, [name], [encode(request)])
    if not isinstance(packed, bytes):
        raise TypeError(f"the quota's script returned {type(packed).__name__}")
    return decode(packed)


_SCRIPT: Final = quota_script()
