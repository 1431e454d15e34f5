"""What a replica knows of the quota that it shares, and what it has to tell of itself."""

import math
import secrets
from collections.abc import Sequence
from typing import Final

import structlog

from cg_client.errors import NoQuotaPart, QuotaExhausted, StartsTooLate
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.window import MINUTE, PauseReason
from shared.quota.ledger import DigestOf, QuotaLedger
from shared.quota.messages import LATE, SILENT, Candidate, QuotaReply, QuotaRequest, Waiting

log = structlog.get_logger(__name__)

FAST_CLOCK: Final = 1.02  # seconds that a replica's clock may take for one, at most
# From the last contact on: until the script has executed a late request, notes the silence, has revoked what others
# may start without asking, and until the last call that another has started instead counts no more.
_OVERHEAD: Final = LATE + SILENT + 3.0 + 1.05 * MINUTE
_REASONS: Final = tuple(PauseReason)
_NO_PART: Final = "This server has yet to get its part of the quota from the shared store (COINGLASS_SHARED_URL)"
_NAME_TAKEN: Final = "Another server has the name of this one (COINGLASS_REPLICA), which gets no part of the quota"


class QuotaContact:
    """Builds requests and remembers replies. Times are monotonic seconds.

    A replica whose contact is lost goes on with the slots that the script surely still counts as its own, but with no
    more than its safe share; with all of that once nobody else can use any of it.
    """

    def __init__(
        self,
        replica: str,
        local: AdmissionQueue,
        digest: DigestOf,
        now: float,
        longest: float,
        settle: float | None,
        forget: float,
    ) -> None:
        self._replica, self._local, self._began_at = replica, local, now
        self.ledger = QuotaLedger(digest)
        self.decay = longest + _OVERHEAD
        self._settle = self.decay if settle is None else settle
        self._forget = forget
        self.is_alone = True
        self.floor = 0  # calls that may start without asking
        self.reply = QuotaReply(status="", time=0.0)  # the last one of a replica that was not alone
        self.confirmed_at = -math.inf  # when the request was sent that was answered last
        self.replicas = 1
        self._boot, self._seq, self._acked = secrets.token_hex(8), 0, 0
        self._sent_at = -math.inf  # when the last request was sent while not alone
        self._replied_at: float | None = None  # the store's time of the last reply
        self._received_at = 0.0
        self._created: float | None = None  # when the state began of which that reply told
        self._version, self._parts, self._slots = 0, 0, 0
        self._peers: list[tuple[str, str]] = []
        self._unreported_until = 0.0
        self._opens_in, self._is_expecting = 1.0, True  # seconds in which a replica without a share expects one
        self._learned, self._at_least, self._is_stated = 0, 0, False
        self._pause_until, self._pause_reason = 0.0, PauseReason.REQUESTED
        self._reported_pause = 0.0  # until when, as the last request told
        self._corrections: list[tuple[float, int]] = []
        self._reported = 0  # of the corrections
        self._taken_since: float | None = None  # when the name of this replica was that of another one

    def request(
        self, now: float, waiting: Sequence[Waiting], candidates: Sequence[Candidate] = (), *, leave: bool = False
    ) -> QuotaRequest:
        """Return the next request; each is sent once, after the end of the one before."""
        self._seq += 1
        alone = self.is_alone or leave
        if not alone:
            self._sent_at = now
        self._reported, self._reported_pause = len(self._corrections), self._pause_until
        return QuotaRequest(
            replica=self._replica,
            boot=self._boot,
            age=now - self._began_at,
            seq=self._seq,
            acked=self._acked,
            replied_at=self._replied_at,
            created=self._created,
            sent=None if self._replied_at is None else self._replied_at + now - self._received_at,
            alone=alone,
            leave=leave,
            parts=self._parts,
            version=self._version,
            peers=self._peers if alone else [],
            unreported_for=max(0.0, self._unreported_until - now),
            limit=self._local.window.limit,
            stated=self._is_stated,
            learned=self._learned,
            at_least=self._at_least,
            settle=self._settle,
            decay=self.decay,
            forget=self._forget,
            part=self._local.part,
            in_flight=list(self.ledger.in_flight.items()),
            floor=self.floor,
            ended=self.ledger.report(now, in_full=alone),
            corrections=[] if alone else [(now - started, used) for started, used in self._corrections],
            pause=max(0.0, self._pause_until - now),
            pause_reason=_REASONS.index(self._pause_reason),
            waiting=list(waiting),
            candidates=list(candidates),
        )

    def confirm(self, request: QuotaRequest, reply: QuotaReply, sent: float, now: float) -> None:
        """Remember a reply with the state of the quota."""
        if reply.is_replaced:
            log.warning("what the shared store had as the quota could not be read, and is counted anew")
        self._acked, self._replied_at, self._received_at = request.seq, reply.time, now
        self._created = reply.created
        self.confirmed_at = sent
        if self._learned == request.learned:
            self._learned = 0
        if not self._learned:
            self._local.window.set_limit(reply.limit)
            self._is_stated = reply.stated
        self._at_least = max(self._at_least, reply.at_least)
        if self._pause_until == self._reported_pause:
            self._pause_until = 0.0
        if reply.pause:
            self._local.window.block(now + reply.pause, _REASONS[reply.pause_reason])
        if reply.peers is not None:
            self._version, self._peers = reply.version, reply.peers
        self._unreported_until = now + FAST_CLOCK * reply.unreported_for
        self.replicas = reply.members
        self._parts = reply.parts
        self._opens_in, self._is_expecting = max(1.0, reply.settles_in), True

    def share(self, request: QuotaRequest, reply: QuotaReply) -> bool:
        """Go on with the common quota; return whether slots have to be returned at once."""
        del self._corrections[: self._reported]
        self.reply = reply
        spent = request.floor - self.floor  # meanwhile
        self.floor = max(0, reply.floor - spent)
        return reply.floor < request.floor or reply.parts > request.parts > 0

    def note_name(self, *, is_taken: bool, now: float) -> None:
        """Log once that another process uses the name, and expect nothing: longer than one that was killed keeps it."""
        if not is_taken:
            self._taken_since = None
        elif self._taken_since is None:
            self._taken_since = now
        elif now - self._taken_since > 2 * SILENT:
            self._taken_since = math.inf
            self.expect_nothing()
            text = "another server has the same COINGLASS_REPLICA: rename this one, which gets no part of the quota"
            log.error(text, replica=self._replica)

    def join(self, sent: float) -> None:
        """Use the common quota from now on."""
        self.is_alone, self.floor, self._sent_at = False, 0, sent
        self._corrections.clear()

    def leave(self, now: float) -> None:
        """Go on alone from now on."""
        self._slots = self.floor + self.ledger.count_after(self._sent_at + LATE + SILENT)
        self.is_alone, self.floor = True, 0
        self._corrections.clear()
        self.divide(now)

    def expect_nothing(self) -> None:
        """Expect no share before the store answers again, or answers otherwise."""
        self._opens_in, self._is_expecting = MINUTE, False

    def divide(self, now: float) -> None:
        """Let the local queue use what is safe now."""
        rises_at = self.rises_at if self._parts else now + self._opens_in
        self._local.window.divide(self._safe_share if now >= self.rises_at else self._certain_share, rises_at)

    @property
    def has_begun(self) -> bool:
        """Whether the store was told anything."""
        return self._seq > 0

    @property
    def obstacle(self) -> str | None:
        """Why nothing may start: the store has told no part of the quota that is safe without it."""
        if self._parts or not self.is_alone:
            return None
        return _NAME_TAKEN if self._taken_since == math.inf else _NO_PART

    def explain(self, refused: StartsTooLate) -> StartsTooLate:
        """Return the refusal of a call while this replica is alone, with the obstacle as its reason."""
        obstacle = self.obstacle
        if obstacle is None or refused.retry_after is None:
            return refused
        return QuotaExhausted(refused.retry_after, obstacle) if self._is_expecting else NoQuotaPart(obstacle)

    @property
    def rises_at(self) -> float:
        """When a replica that is alone may use all of its safe share."""
        return self._sent_at + FAST_CLOCK * self.decay

    def _safe_share(self, limit: int) -> int:
        return limit // self._parts if self._parts else 0

    def _certain_share(self, limit: int) -> int:
        return min(self._slots, self._safe_share(limit))

    def learn(self, started: float, limit: int | None, used: int | None) -> None:
        """Note the usage headers of an answer."""
        if limit and (limit != self._local.window.limit or not self._is_stated):
            self._learned, self._is_stated = limit, True
            self._local.window.set_limit(limit)
        if used is not None and not self.is_alone:
            self._corrections.append((started, used))

    def allow(self, limit: int) -> None:
        self._at_least = max(self._at_least, limit)

    def pause(self, until: float, reason: PauseReason) -> None:
        if until > self._pause_until:
            self._pause_until, self._pause_reason = until, reason
