"""Shares between replicas what one of them learns: the plan, refusals, open circuits, and where answers differ.

Each change is stored with a version and published at once. A replica that starts, that the store is back for, or that
has missed a change reads them all. Times are durations: how long a fact still holds, by the store's clock.
"""

import asyncio
import hashlib
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import structlog

from cg_client.client import Client
from cg_client.decoding.anomalies import DriftKey
from cg_client.plans.plan_watch import AccountState
from cg_client.plans.refusals import PlanRefusal
from cg_client.resilience.breaker import Circuit
from shared.facts.application import OVERDUE, FactApplication, InvalidFact
from shared.facts.kinds import CircuitFact, DriftFact, Fact, LimitFact, decode_fact, encode_fact
from shared.store.commands import Argument, Commands, StoreReply
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import Store

log = structlog.get_logger(__name__)

MAX_FACTS: Final = 3000  # in the store, and waiting to be sent
REVIEW_SECONDS: Final = 10.0  # between two looks at the version
_RETRY_SECONDS: Final = 0.5
_LIMIT_SECONDS: Final = 600.0
_CLOSED_SECONDS: Final = 60.0  # longer than any circuit that opened before can be open
_DRIFT_SECONDS: Final = 86_400.0
_CLAIM_MARGIN: Final = 1.0
_FIRST_PATIENCE, _MORE_PATIENCE = 15.0, 30.0  # seconds
_PUBLISH, _READ, _CLAIM = LuaScript("facts_publish"), LuaScript("facts_read"), LuaScript("probe_claim")


class LocalFact(NamedTuple):
    """A fact that this replica learnt, and until when it holds in monotonic seconds."""

    fact: Fact
    until: float


class SharedFacts:
    """Of one client. Start it before the client is used.

    `counts`: facts that were published, applied, outdated (of another plan), invalid, refused by the store, failed
    (could not be sent), or dropped because too many were waiting.
    """

    def __init__(self, store: Store, scope: Scope, client: Client, replica: str) -> None:
        self._store, self._scope, self._client, self._clock = store, scope, client, client.clock
        self._facts, self._channel = scope.name("facts"), scope.name("facts", "changes")
        self._origin = secrets.token_hex(8)  # another one after a restart
        position = hashlib.sha256(f"{replica} {self._origin}".encode()).digest()[0] / 256  # workers have one name
        self._application = FactApplication(client, _FIRST_PATIENCE + _MORE_PATIENCE * position)
        self.counts: Counter[str] = Counter()
        self._outbox: OrderedDict[str, LocalFact] = OrderedDict()
        self._sending = ""
        self._learnt: OrderedDict[str, LocalFact] = OrderedDict()
        self._applied: OrderedDict[str, int] = OrderedDict()  # versions by name
        self._version = 0  # up to which nothing was missed
        self._outgoing, self._missed = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: list[Callable[[], None]] = []
        self._is_closed = False

    async def start(self) -> None:
        """Apply what is stored, and attach the client."""
        self.attach()
        if self._is_closed:
            return
        self._missed.clear()
        await self._read_if_there()

    def attach(self) -> None:
        """From now on apply to the client what others learn, soon also what is stored, and publish what it learns.

        Do so once, and not after `close`.
        """
        if self._is_closed or self._tasks:
            return
        client = self._client
        client.plan_watch.on_account, client.plan_watch.on_limit = self._learn_account, self._learn_limit
        client.gate.on_refusal, client.drift.on_key = self._learn_refusal, self._learn_drift
        client.breaker.on_change, client.breaker.turns = self._learn_circuit, self
        self._ends = [self._store.subscribe(self._channel, self._receive), self._store.on_return(self._read)]
        self._tasks = [asyncio.create_task(self._publish_all()), asyncio.create_task(self._review())]
        self._missed.set()

    async def close(self) -> None:
        self._is_closed = True
        for end in self._ends:
            end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._client.breaker.turns = None

    async def claim(self, group: str, seconds: float) -> bool:
        """Whether this replica may probe the group. Without the store each one does."""
        milliseconds = round((seconds + _CLAIM_MARGIN) * 1000)
        try:
            return await self._store.run(_CLAIM, [self._claim_name(group)], [self._origin, milliseconds]) == 1
        except (StoreAway, CommandRefused):
            return True

    def _claim_name(self, group: str) -> str:
        return self._scope.name("facts", "probe", group)

    def _learn_account(self, state: AccountState) -> None:
        self._learn(self._application.account(state), state.seconds + OVERDUE)
        self._missed.set()  # refusals for this plan may have come before it

    def _learn_limit(self, limit: int) -> None:
        self._learn(LimitFact(limit), _LIMIT_SECONDS)

    def _learn_refusal(self, refusal: PlanRefusal) -> None:
        self._learn(self._application.refusal(refusal), refusal.until - self._clock.monotonic())

    def _learn_circuit(self, circuit: Circuit) -> None:
        if circuit.open_until is None:
            self._learn(CircuitFact(circuit.group, is_open=False, next_wait=circuit.wait), _CLOSED_SECONDS)
        else:
            seconds = circuit.open_until - self._clock.monotonic()
            self._learn(CircuitFact(circuit.group, is_open=True, next_wait=circuit.wait), seconds)

    def _learn_drift(self, key: DriftKey) -> None:
        self._learn(DriftFact(key.endpoint, key.kind, key.field), _DRIFT_SECONDS)

    def _learn(self, fact: Fact, seconds: float) -> None:
        """Publish a fact soon; of several with the same name the latest."""
        local = LocalFact(fact, self._clock.monotonic() + seconds)
        for facts in (self._learnt, self._outbox):
            facts.pop(fact.name, None)
            facts[fact.name] = local
            if len(facts) > MAX_FACTS:
                facts.popitem(last=False)
                self.counts["dropped"] += facts is self._outbox
        self._outgoing.set()

    async def _publish_all(self) -> None:
        while True:
            await self._outgoing.wait()
            self._outgoing.clear()
            while self._outbox:
                self._sending, local = self._outbox.popitem(last=False)
                try:
                    await self._publish(local)
                except StoreAway:
                    self._outbox.setdefault(self._sending, local)
                    self._outbox.move_to_end(self._sending, last=False)
                    await self._store.clock.sleep(_RETRY_SECONDS)
                except CommandRefused:
                    self.counts["refused"] += 1
                except Exception:  # of this fact, which is sent again with what the store has lost
                    self.counts["failed"] += 1
                    log.exception("a fact could not be published", fact=self._sending)
                    await self._store.clock.sleep(_RETRY_SECONDS)
                finally:
                    self._sending = ""

    async def _publish(self, local: LocalFact) -> None:
        fact, milliseconds = local.fact, round((local.until - self._clock.monotonic()) * 1000)
        if milliseconds <= 0:
            return
        names = [self._facts, self._channel]
        if isinstance(fact, CircuitFact):
            names.append(self._claim_name(fact.group))
        args: list[Argument] = [self._origin, fact.name, milliseconds, encode_fact(fact), MAX_FACTS]
        version = await self._store.run(_PUBLISH, names, args)
        if isinstance(version, int) and version:
            self.counts["published"] += 1
            self._note(fact.name, version)
        else:
            self.counts["refused"] += 1

    def _note(self, name: str, version: int) -> None:
        self._applied.pop(name, None)
        self._applied[name] = version
        if len(self._applied) > 2 * MAX_FACTS:
            self._applied.popitem(last=False)

    async def _review(self) -> None:
        """Read all facts if a change was missed."""
        while True:
            try:
                await self._review_once()
            except Exception:
                log.exception("facts could not be reviewed")
                await self._store.clock.sleep(_RETRY_SECONDS)

    async def _review_once(self) -> None:
        try:
            async with asyncio.timeout(REVIEW_SECONDS):
                await self._missed.wait()
        except TimeoutError:
            await self._look()
        if self._missed.is_set():
            self._missed.clear()
            await self._read_if_there()

    async def _look(self) -> None:
        """Compare the version with that of the store."""
        try:
            version = await self._store.execute("HGET", self._facts, "version")
        except (StoreAway, CommandRefused):
            return
        if (int(version) if isinstance(version, bytes) else 0) != self._version:
            self._missed.set()

    async def _read_if_there(self) -> None:
        try:
            await self._read(self._store)
        except StoreAway:
            return  # read when it is back

    async def _read(self, commands: Commands) -> None:
        """Apply what is stored. What the store has lost of what we learnt is published again."""
        try:
            reply = await commands.run(_READ, [self._facts])
        except CommandRefused:
            return
        version, entries = _entries(reply)
        self._version = version
        stored = {self._take_over(*entry) for entry in entries}
        now = self._clock.monotonic()
        for name, local in self._learnt.items():
            if name not in stored and name != self._sending and local.until > now:
                self._outbox.setdefault(name, local)
                self._outgoing.set()

    def _receive(self, notice: bytes) -> None:
        try:
            origin, version, milliseconds, fact = notice.split(b"|", 3)
            if int(version) > self._version + 1:
                self._missed.set()
            else:
                self._version = max(self._version, int(version))
            if origin != self._origin.encode():
                self._take_over(int(version), int(milliseconds) / 1000, fact)
        except ValueError:
            self.counts["invalid"] += 1

    def _take_over(self, version: int, seconds: float, text: bytes) -> str:
        """Apply a fact, unless one with its name is newer here, and return the name; empty if it is not one of ours."""
        try:
            fact = decode_fact(text)
        except msgspec.DecodeError:
            self.counts["invalid"] += 1
            return ""
        try:
            if not self._is_superseded(fact.name, version, seconds):
                self._apply(fact, version, seconds)
        except InvalidFact:
            self.counts["invalid"] += 1
            return ""
        except Exception:  # a single fact ends neither the connection to the store nor what applies the others
            self.counts["invalid"] += 1
            log.exception("a fact could not be applied", fact=fact.name)
        return fact.name

    def _is_superseded(self, name: str, version: int, seconds: float) -> bool:
        """Whether a newer one was applied, or waits to be published: of two, the one that holds longer is newer."""
        waiting = self._outbox.get(name)
        is_older = waiting is not None and waiting.until - self._clock.monotonic() >= seconds
        return is_older or name == self._sending or version <= self._applied.get(name, 0)

    def _apply(self, fact: Fact, version: int, seconds: float) -> None:
        key = self._client.gate.key
        if not self._application.apply(fact, seconds):
            self.counts["outdated"] += 1
            return
        for facts in (self._learnt, self._outbox):
            facts.pop(fact.name, None)
        self._note(fact.name, version)
        self.counts["applied"] += 1
        if (key.plan, key.limit) != (self._client.gate.key.plan, self._client.gate.key.limit):
            self._missed.set()  # refusals for this plan may have come before it


def _entries(reply: StoreReply) -> tuple[int, list[tuple[int, float, bytes]]]:
    """Return the version and the facts with theirs, in the order of their versions."""
    if not isinstance(reply, list) or not reply or not isinstance(reply[0], int):
        return 0, []
    entries = []
    for entry in reply[1:]:
        match entry:
            case [int(version), int(milliseconds), bytes(fact)]:
                entries.append((version, milliseconds / 1000, fact))
    return reply[0], sorted(entries)
