"""Publishes events to the subscribers of channels: those of the figures as time passes, and those that a test sends."""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from cg_client.plans.plan_table import Plan
from sandbox.live.channels import EventRow, LiveChannel, Naming, named, naming_of, parsed, renamed
from sandbox.live.connection import LiveConnection
from sandbox.live.faults import MOMENTARY, FaultyMessages, LiveFault, LiveFaultKind

LiveEvents: TypeAlias = Callable[[LiveChannel, int, int], Sequence[EventRow]]  # after one time up to another, in ms

SMALLEST_PLAN = Plan.STANDARD
_TICK_SECONDS = 0.1
_OLDEST = 1000  # milliseconds; older events are not sent
_KEPT_MESSAGES = 100


class LiveHub:
    """The connections of one key. `now` is the time of the data in seconds.

    `has_model`: events of the figures are sent. `naming`: which names are understood. `refuses_unknown`: an unknown
    channel is refused with a text; if not, nothing is sent on it. The documentation says neither.
    """

    def __init__(
        self,
        events: LiveEvents,
        pairs: Collection[tuple[bool, str, str]],
        plan: Callable[[], Plan],
        now: Callable[[], float],
    ) -> None:
        self._events, self._pairs, self._plan, self._now = events, pairs, plan, now
        self.has_model, self.naming, self.refuses_unknown = True, Naming.CAMEL, False
        self.connections: set[LiveConnection] = set()
        self.faults: list[LiveFault] = []
        self._subscribers: defaultdict[str, set[LiveConnection]] = defaultdict(set)
        self._counts: Counter[str] = Counter()
        self._unreadable: deque[str] = deque(maxlen=_KEPT_MESSAGES)
        self._ticks: asyncio.Task[None] | None = None

    def opened(self, connection: LiveConnection) -> None:
        self.connections.add(connection)
        self._counts["connectionsEver"] += 1

    def ended(self, connection: LiveConnection) -> None:
        self.connections.discard(connection)
        for channel in [*connection.channels]:
            self.unsubscribe(connection, channel)

    def pinged(self, connection: LiveConnection) -> None:
        self._counts["pings"] += 1
        if not self.due_fault(LiveFaultKind.NO_PONG):
            connection.send("pong")

    def subscribe(self, connection: LiveConnection, channel: str) -> None:
        self._counts["subscribes"] += 1
        refusal = self._refusal(channel)
        if refusal is not None:
            self._counts["refusals"] += 1
            connection.send(refusal)
            return
        connection.channels.add(channel)
        self._subscribers[channel].add(connection)
        if self._ticks is None:
            self._ticks = asyncio.create_task(self._tick())
        for fault in [fault for fault in self.faults if fault.kind in MOMENTARY]:
            if fault.applies_to(connection) and fault.hits(channel):
                self._faulty_messages().perform(fault, connection)

    def _refusal(self, channel: str) -> str | None:
        if self._plan() < SMALLEST_PLAN or self.due_fault(LiveFaultKind.REFUSE_PLAN, channel):
            return f"{channel} need upgrade plan"
        if self.refuses_unknown and self._channel_of(channel) is None:
            return f"{channel} does not exist"
        return None

    def unsubscribe(self, connection: LiveConnection, channel: str) -> None:
        self._counts["unsubscribes"] += channel in connection.channels
        connection.channels.discard(channel)
        self._subscribers[channel].discard(connection)
        if not self._subscribers[channel]:
            del self._subscribers[channel]
        if not self._subscribers and self._ticks is not None:
            self._ticks.cancel()
            self._ticks = None

    def unreadable(self, message: str) -> None:
        self._unreadable.append(message)

    def _channel_of(self, name: str) -> LiveChannel | None:
        return parsed(name, self.naming, self._pairs)

    def add_fault(self, fault: LiveFault) -> None:
        """Let a fault happen from now on, a momentary one also to the connections that are open."""
        self.faults.append(fault)
        if fault.kind not in MOMENTARY or not fault.hits(fault.channel):
            return
        messages = self._faulty_messages()
        for connection in [*self.connections]:
            if fault.applies_to(connection):
                messages.perform(fault, connection)

    def due_fault(self, kind: LiveFaultKind, channel: str = "*") -> LiveFault | None:
        """Return the fault of this kind that is due, and count it down."""
        return next((fault for fault in self.faults if fault.kind is kind and fault.hits(channel)), None)

    def _faulty_messages(self) -> FaultyMessages:
        return FaultyMessages(self.naming, self._channel_of, self._milliseconds())

    def publish(self, channel: str, rows: Sequence[EventRow], *, sent_as: str = "") -> int:
        """Send the rows in one message to the subscribers of the channel, and return their number.

        `sent_as`: the channel that the message names instead.
        """
        subscribers = self._subscribers.get(channel, set())
        if not subscribers or self.due_fault(LiveFaultKind.SILENT, channel):
            return 0
        message = json.dumps({"channel": sent_as or channel, "data": rows})
        for connection in subscribers:
            connection.send(message)
        self._counts["events"] += len(rows)
        return len(subscribers)

    async def _tick(self) -> None:
        """Send the events of the figures as they happen; a clock that is changed makes none happen."""
        before = self._milliseconds()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = self._milliseconds()
            if self.has_model and before < now:
                self._publish_between(max(before, now - _OLDEST), now)
            before = now

    def _publish_between(self, start: int, end: int) -> None:
        for name in [*self._subscribers]:
            channel = self._channel_of(name)
            rows = self._events(channel, start, end) if channel is not None else ()
            if channel is None or not rows:
                continue
            naming, sent_as = naming_of(name, self.naming), name
            if self.due_fault(LiveFaultKind.OTHER_SPELLING, name):
                naming, sent_as = naming.other, renamed(name, naming.other)
            self.publish(name, [named(row, channel.kind, naming) for row in rows], sent_as=sent_as)

    def _milliseconds(self) -> int:
        return round(self._now() * 1000)

    def state(self) -> Mapping[str, Any]:
        """Return what `GET /_sandbox/live` states."""
        counts = {name: self._counts[name] for name in ("connectionsEver", "pings", "subscribes", "unsubscribes")}
        return counts | {
            "connections": len(self.connections),
            "subscriptions": {name: len(connections) for name, connections in self._subscribers.items()},
            "refusals": self._counts["refusals"],
            "events": self._counts["events"],
            "unreadable": [*self._unreadable],
            "naming": self.naming.value,
            "model": self.has_model,
            "refuseUnknown": self.refuses_unknown,
            "faults": [{"kind": fault.kind.name, "times": fault.times} for fault in self.faults if fault.times != 0],
        }

    def change(self, settings: Mapping[str, Any]) -> None:
        """Change what `PUT /_sandbox/live` names, and nothing else."""
        self.naming = Naming(settings.get("naming", self.naming.value))
        self.has_model = bool(settings.get("model", self.has_model))
        self.refuses_unknown = bool(settings.get("refuseUnknown", self.refuses_unknown))
