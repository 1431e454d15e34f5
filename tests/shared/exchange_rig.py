"""The script of the quota by itself: members whose requests tests write, and a clock that tests set."""

from collections.abc import Callable, Sequence
from typing import Any

import redis

from shared.quota.messages import QuotaReply, QuotaRequest, decode, encode, quota_script
from tests.shared.quota_world import with_simulated_time

LIMIT = 12
GRANT_LIFETIME = 80.0  # seconds after which a silent member may use all of its share
MEMBER_LIFETIME = 900.0
NAME = "quota"


class ExchangeRig:
    def __init__(self, store: "redis.Redis", limit: int = LIMIT) -> None:
        self.limit, self.now = limit, 1_800_000_000.0
        self._store = store
        self._script = store.register_script(with_simulated_time(quota_script()).source)
        self.empty()

    def execute(self, request: QuotaRequest) -> QuotaReply:
        reply = self._script(keys=[NAME], args=[encode(request), repr(self.now)])
        assert isinstance(reply, bytes)
        return decode(reply)

    def empty(self) -> None:
        self._store.flushall()
        self.now += 0.01

    def snapshot(self) -> bytes:
        state = self._store.get(NAME)
        assert isinstance(state, bytes)
        return state

    def restore(self, state: bytes) -> None:
        self._store.set(NAME, state)
        self.now += 0.01

    def member(self, name: str = "a", **options: Any) -> "QuotaMember":
        return QuotaMember(self, name, **options)

    def admit(self, newcomer: "QuotaMember", *others: "QuotaMember") -> None:
        """Let a member register until it may share the quota, for which the others have to read its name."""
        newcomer.register()
        for _ in range(2):
            for other in others:
                other.contact()
        assert newcomer.register().ready

    def wait_with(self, *members: "QuotaMember", seconds: float) -> None:
        """Let time pass in which these members stay in contact, and no other."""
        self._wait([member.contact for member in members], seconds)

    def wait_alone(self, member: "QuotaMember", seconds: float) -> None:
        """Let time pass in which this member alone registers again and again."""
        self._wait([member.register], seconds)

    def _wait(self, exchanges: Sequence[Callable[[], QuotaReply]], seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 1.0)
            assert {exchange().status for exchange in exchanges} == {"ok"}

    def seconds_to_live(self) -> int:
        """Return for how long the store remembers the state."""
        seconds: int = self._store.ttl(NAME)
        return seconds

    def joined(self, *names: str, **options: Any) -> "list[QuotaMember]":
        """Return members that share the quota, and have read each other's names and their shares."""
        members = [self.member(name, **options) for name in names]
        rounds = [[member.register().ready for member in members] for _ in range(3)]
        assert all(rounds[-1])
        for _ in range(3):
            assert {member.contact().status for member in members} == {"ok"}
        return members


class QuotaMember:
    """Sends the requests of one process, and remembers the replies as it does."""

    def __init__(
        self, rig: ExchangeRig, name: str, boot: str = "", recovery_seconds: float = 0.0, excess_fraction: float = 1.0
    ) -> None:
        self._rig, self._recovery_seconds, self._excess_fraction = rig, recovery_seconds, excess_fraction
        self.name, self.boot = name, boot or f"boot of {name}"
        self.seq = self.acked = self.version = self.share_divisor = 0
        self.replied_at: float | None = None
        self.created: float | None = None
        self.peers: list[tuple[str, str]] = []
        self.leased, self.in_flight = 0, 0

    def register(self, **changes: Any) -> QuotaReply:
        """Exchange as one that is alone."""
        return self._send(self._request(**{"alone": True, "peers": self.peers, "leased": 0, **changes}))

    def contact(self, **changes: Any) -> QuotaReply:
        """Exchange as one that shares the quota."""
        return self._send(self._request(**changes))

    def leave(self) -> QuotaReply:
        return self.register(leave=True)

    def wait(self, count: int, client: str = "ann", priority: int = 0, weight: int = 1, ago: float = 0.0) -> QuotaReply:
        """Exchange with calls that wait."""
        return self.contact(waiting=[(client, priority, weight, count, ago, ago)])

    def _request(self, **changes: Any) -> QuotaRequest:
        self.seq += 1
        fields: dict[str, Any] = {
            "replica": self.name,
            "boot": self.boot,
            "age": 1000.0,
            "seq": self.seq,
            "acked": self.acked,
            "replied_at": self.replied_at,
            "created": self.created,
            "sent": self._rig.now,
            "alone": False,
            "leave": False,
            "share_divisor": self.share_divisor,
            "version": self.version,
            "peers": [],
            "unreported_for": 0.0,
            "limit": self._rig.limit,
            "stated": False,
            "learned": 0,
            "at_least": 0,
            "recovery_seconds": self._recovery_seconds,
            "grant_lifetime_seconds": GRANT_LIFETIME,
            "member_lifetime_seconds": MEMBER_LIFETIME,
            "excess_fraction": self._excess_fraction,
            "in_flight": [("ann", self.in_flight)] if self.in_flight else [],
            "leased": self.leased,
            "ended": [],
            "corrections": [],
            "pause": 0.0,
            "pause_reason": 0,
            "waiting": [],
            "candidates": [],
        }
        return QuotaRequest(**{**fields, **changes})

    def _send(self, request: QuotaRequest) -> QuotaReply:
        reply = self._rig.execute(request)
        if reply.status == "ok":
            self.acked, self.replied_at, self.share_divisor = request.seq, reply.time, reply.share_divisor
            self.created = reply.created
            self.leased = reply.leased
            if reply.peers is not None:
                self.version, self.peers = reply.version, reply.peers
            self.in_flight += sum(count for *_, count in reply.granted)
        return reply
