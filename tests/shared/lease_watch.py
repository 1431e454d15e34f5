"""Checks after each command what the store has of leases and answers, and who has sent which call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cg_client.call import Call, Fetched
from cg_client.clock import Clock
from shared.store.commands import Argument
from tests.shared.replicas import PausedUpstream, Replica
from tests.shared.stepped_store import SteppedServer
from tests.store_server import StoreServer

Records = dict[bytes, dict[bytes, bytes]]

# What would expire does not: only by the clock of the machine.
_RECORDS = """
local records = {}
for _, kind in ipairs({'lease', 'answer'}) do
  for _, name in ipairs(redis.call('KEYS', '*:' .. kind .. ':*')) do
    redis.call('PERSIST', name)
    table.insert(records, {name, unpack(redis.call('HGETALL', name))})
  end
end
return records
"""


class WatchedServer(SteppedServer):
    """A store that sees each lease end by itself or by its owner, and no answer replaced by an older one."""

    def __init__(self, server: StoreServer, clock: Clock, skew: float) -> None:
        super().__init__(server, clock, skew)
        self._leases: Records = {}
        self._answers: Records = {}
        self.faults: list[str] = []  # not raised: the tasks of replicas would bury it
        self.expired: set[str] = set()  # owners that were replaced when their lease had ended by itself

    def clear(self) -> None:
        super().clear()
        self._leases, self._answers = {}, {}

    def execute(self, command: Sequence[Argument]) -> Any:
        try:
            return super().execute(command)
        finally:
            self._check(command)

    @property
    def owners(self) -> set[str]:
        """The owners of leases that have not ended."""
        now = self._milliseconds()
        leases = [lease for lease in self._leases.values() if b"owner" in lease]
        return {lease[b"owner"].decode() for lease in leases if int(lease[b"until"]) > now}

    def _milliseconds(self) -> float:
        return (1_800_000_000 + self._clock.monotonic() + self.skew) * 1000

    def _check(self, command: Sequence[Argument]) -> None:
        words = {word.encode() if isinstance(word, str) else word for word in command if isinstance(word, str | bytes)}
        leases, answers = self._records()
        for name, lease in self._leases.items():
            self._check_lease(lease, leases.get(name, {}), words)
        for name, answer in self._answers.items():
            self._check_answer(answer, answers.get(name, {}))
        self._leases, self._answers = leases, answers

    def _records(self) -> tuple[Records, Records]:
        records: tuple[Records, Records] = ({}, {})
        for name, *words in self.client.eval(_RECORDS, 0):
            fields = zip(words[::2], words[1::2], strict=True)
            records[b":answer:" in name][name] = dict(fields)
        return records

    def _check_lease(self, before: Mapping[bytes, bytes], after: Mapping[bytes, bytes], words: Iterable[bytes]) -> None:
        owner = before.get(b"owner")
        if owner is None or owner in words:
            return
        if int(before[b"until"]) <= self._milliseconds() + 1:
            if after.get(b"owner") != owner:
                self.expired.add(owner.decode())
            return
        if after.get(b"owner") != owner:
            self.faults.append("a lease was ended, or taken, by another than its owner")
        elif int(after[b"until"]) > int(before[b"until"]):
            self.faults.append("a lease was renewed by another than its owner")

    def _check_answer(self, before: Mapping[bytes, bytes], after: Mapping[bytes, bytes]) -> None:
        if not before or not after or before == after:
            return
        token = int(after[b"token"])
        if 0 < token < int(before[b"token"]):
            self.faults.append("an answer replaced one of a later lease")


class WatchedUpstream(PausedUpstream):
    """Notes how each call was sent."""

    def __init__(self, clock: Clock, server: WatchedServer) -> None:
        super().__init__(clock)
        self._server = server
        self.owners: dict[int, set[str]] = {}  # of the leases that its replica had
        self.others: dict[int, set[str]] = {}  # owners of leases that had not ended
        self.seconds_away: dict[int, float] = {}  # of its replica from the store

    async def fetch(self, replica: Replica, call: Call) -> Fetched:
        number = len(self.sent) + 1
        leases = replica.answers._renewals._leases.values()
        self.owners[number] = {lease.owner for lease in leases if lease.call == call}
        self.others[number] = self._server.owners - self.owners[number]
        if replica.store.is_away:
            self.seconds_away[number] = self.clock.monotonic() - replica.store.away_since
        return await super().fetch(replica, call)
