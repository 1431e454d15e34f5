"""What a replica knows of the quota that it shares, and what it has to tell of itself."""

import math
import secrets
from collections.abc import Sequence
from typing import Final

import structlog

from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.window import PauseReason
from shared.quota.ledger import DigestOf, QuotaLedger
from shared.quota.messages import LATE, SILENT, Candidate, QuotaReply, QuotaRequest, Waiting
from shared.quota.safe_share import FAST_CLOCK, SafeShare

log = structlog.get_logger(__name__)

HEARTBEAT: Final = 1.0  # seconds between two exchanges at most
_STALE: Final = SILENT - HEARTBEAT / 2  # seconds without an answer after which nothing starts without asking
_REASONS: Final = tuple(PauseReason)


class QuotaContact:
    """Builds requests and remembers replies. Times are monotonic seconds."""

    def __init__(
        self,
        replica: str,
        local: AdmissionQueue,
        digest: DigestOf,
        now: float,
        longest: float,
        recovery_seconds: float | None,
        member_lifetime_seconds: float,
    ) -> None:
        self._replica, self._local, self._began_at = replica, local, now
        self.ledger = QuotaLedger(digest)
        self.safe_share = SafeShare(replica, local.window, longest)
        lifetime = self.safe_share.grant_lifetime_seconds
        self._recovery_seconds = lifetime if recovery_seconds is None else recovery_seconds
        self._member_lifetime_seconds = member_lifetime_seconds
        self.is_alone = True
        self.leased = 0  # slots for calls that may start without asking
        self.reply = QuotaReply(status="", time=0.0)  # the last one of a replica that was not alone
        self.confirmed_at = -math.inf  # when the request was sent that was answered last
        self.replicas = 1
        self._boot, self._seq, self._acked = secrets.token_hex(8), 0, 0
        self._replied_at: float | None = None  # the store's time of the last reply
        self._received_at = 0.0
        self._created: float | None = None  # when the state began of which that reply told
        self._version = 0
        self._peers: list[tuple[str, str]] = []
        self._unreported_until = 0.0
        self._learned, self._at_least, self._is_stated = 0, 0, False
        self._pause_until, self._pause_reason = 0.0, PauseReason.REQUESTED
        self._reported_pause = 0.0  # until when, as the last request told
        self._corrections: list[tuple[float, int]] = []
        self._reported = 0  # of the corrections

    def request(
        self, now: float, waiting: Sequence[Waiting], candidates: Sequence[Candidate] = (), *, leave: bool = False
    ) -> QuotaRequest:
        """Return the next request; each is sent once, after the end of the one before."""
        self._seq += 1
        alone = self.is_alone or leave
        if not alone:
            self.safe_share.sent_at = now
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
            share_divisor=self.safe_share.divisor,
            version=self._version,
            peers=self._peers if alone else [],
            unreported_for=max(0.0, self._unreported_until - now),
            limit=self._local.window.limit,
            stated=self._is_stated,
            learned=self._learned,
            at_least=self._at_least,
            recovery_seconds=self._recovery_seconds,
            grant_lifetime_seconds=self.safe_share.grant_lifetime_seconds,
            member_lifetime_seconds=self._member_lifetime_seconds,
            excess_fraction=self._local.excess_fraction,
            in_flight=list(self.ledger.in_flight.items()),
            leased=self.leased,
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
        self.safe_share.confirm(reply)

    def share(self, request: QuotaRequest, reply: QuotaReply) -> bool:
        """Go on with the common quota; return whether slots have to be returned at once."""
        del self._corrections[: self._reported]
        self.reply = reply
        spent = request.leased - self.leased  # meanwhile
        self.leased = max(0, reply.leased - spent)
        return reply.leased < request.leased or reply.share_divisor > request.share_divisor > 0

    def join(self, sent: float) -> None:
        """Use the common quota from now on."""
        self.is_alone, self.leased, self.safe_share.sent_at = False, 0, sent
        self._corrections.clear()

    def leave(self, now: float) -> None:
        """Go on alone from now on."""
        slots = self.leased + self.ledger.count_after(self.safe_share.sent_at + LATE + SILENT)
        self.is_alone, self.leased = True, 0
        self._corrections.clear()
        self.safe_share.start(slots, now)

    @property
    def has_begun(self) -> bool:
        """Whether the store was told anything."""
        return self._seq > 0

    @property
    def obstacle(self) -> str | None:
        """Why nothing may start: this replica is alone, and has no share."""
        return self.safe_share.obstacle if self.is_alone else None

    def is_stale(self, now: float) -> bool:
        """Whether the last reply is so old that nothing may start without asking."""
        return now - self.confirmed_at > _STALE

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
