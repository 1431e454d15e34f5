"""The life of one connection: subscriptions, pings, silence, and what CoinGlass sends."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

import msgspec

from cg_client.client import Client
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.envelope import key_refused
from cg_client.errors import CoinglassError, RateLimited, StreamSilent
from cg_client.live.connection import StreamConnection
from cg_client.live.event_reader import read_events
from cg_client.live.frames import MAX_QUOTED, ChannelData, Frame, Ground, Pong, RefusalText, read_frame
from cg_client.live.heartbeat import PING, Heartbeat
from cg_client.live.listener import BadFrame, SocketObserver
from cg_client.live.name_choice import NameChoice
from cg_client.live.registry import MARKET, Registry
from cg_client.live.silence import Silence
from cg_client.live.subscription import ChannelSubscription
from cg_client.live.timers import within

_MAX_UNSUBSCRIBED = 100  # names that were unsubscribed from, whose last events may be on their way


class SocketSession:
    """Keeps CoinGlass subscribed to the channels of the registry.

    `heard_at`: when the last message came, at first `begun_at`.
    `silence`: the failure that the channels were told because the previous connection was silent. It holds until
    something comes.
    """

    def __init__(
        self,
        connection: StreamConnection,
        registry: Registry,
        client: Client,
        observer: SocketObserver,
        wake: asyncio.Event,
        silence: CoinglassError | None,
    ) -> None:
        self._connection, self._registry, self._client, self._observer = connection, registry, client, observer
        self._clock, self._wake = client.clock, wake
        self.begun_at = self.heard_at = self._clock.monotonic()
        self.silence = silence
        self._quiet = Silence(self.begun_at, is_known=silence is not None)
        self._heartbeat = Heartbeat(self.begun_at)
        self._subscribed: Sequence[str] = ()
        self._unsubscribed: deque[str] = deque(maxlen=_MAX_UNSUBSCRIBED)

    async def run(self) -> None:
        """Return when no channel is left; raises CoinglassError when the connection ends otherwise."""
        self._registry.begin(self.begun_at)
        reader = asyncio.create_task(self._read())
        reader.add_done_callback(lambda _: self._wake.set())
        try:
            while self._registry.admit():
                self._wake.clear()
                if reader.done():
                    return reader.result()
                await self._keep_up(self._clock.monotonic())
                await self._pause()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self._connection.close()

    async def _pause(self) -> None:
        """Wait until there is something to do."""
        due = min(self._heartbeat.due, self._quiet.due, *(choice.due for choice in self._name_choices()))
        with contextlib.suppress(TimeoutError):
            await within(self._clock, max(0.0, due - self._clock.monotonic()), self._wake.wait())

    async def _keep_up(self, now: float) -> None:
        """Do what is due: a ping, a verdict, a subscription."""
        self._heartbeat.check(now)
        was_probing = self._quiet.is_probing
        self._quiet.check(now)
        if self._quiet.is_silent:
            self.heard_at = self._quiet.since
            raise self.silence or StreamSilent()
        if self._quiet.is_probing and not was_probing:
            self._registry.probe(now)
            self._heartbeat.bring_forward(now)  # a broken connection is to be told from a silent one
        if self._heartbeat.take_ping(now):
            await self._connection.send(PING)
        await self._subscribe(now)

    def _name_choices(self) -> Sequence[NameChoice]:
        """Return those of the open channels, and of the probe."""
        choices = [subscription.name_choice for subscription in self._registry]
        if self._quiet.is_probing and self._registry.market not in choices:
            choices.append(self._registry.market)
        return choices

    async def _subscribe(self, now: float) -> None:
        """Send the difference between what is wanted and what is subscribed to."""
        names: dict[str, None] = {}
        for choice in self._name_choices():
            choice.check(now)
            names |= dict.fromkeys(choice.names)
        before, self._subscribed = dict.fromkeys(self._subscribed), [*names]
        gone = [name for name in before if name not in names]
        self._unsubscribed.extend(gone)
        self._announce(now)
        await self._send("unsubscribe", gone)
        await self._send("subscribe", [name for name in names if name not in before])

    def _announce(self, now: float) -> None:
        """Tell the channels that are new on this connection what holds for them."""
        if self.silence is None:
            self._registry.go_live()
        else:
            self._registry.interrupt(self.silence, now)

    async def _send(self, method: str, names: Sequence[str]) -> None:
        if names:
            await self._connection.send(msgspec.json.encode({"method": method, "channels": names}).decode())

    async def _read(self) -> None:
        while True:
            message = await self._connection.receive()
            self.heard_at = self._clock.monotonic()
            if isinstance(message, bytes):
                self._observer.ignored(BadFrame.BINARY)
                continue
            try:
                self._take(read_frame(message))
            except CoinglassError:
                raise
            except Exception as error:  # noqa: BLE001  # a fault of ours is to cost no more than the message
                self._observer.ignored(BadFrame.UNREADABLE)
                context = {"message": "A message of CoinGlass' WebSocket could not be read.", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)

    def _take(self, frame: Frame) -> None:
        match frame:
            case Pong():
                self._heartbeat.pong()
            case ChannelData(name, rows):
                self._take_data(name, rows)
            case RefusalText():
                self._take_refusal(frame)
            case _:
                self._observer.ignored(BadFrame.MALFORMED)

    def _take_data(self, name: str, rows: msgspec.Raw) -> None:
        subscription = self._registry.named(name)
        is_probe = subscription is None and self._quiet.is_probing and name in MARKET.names
        if subscription is None and not is_probe:
            if name not in self._unsubscribed:
                self._observer.ignored(BadFrame.UNKNOWN_CHANNEL)
            return
        choice = self._registry.market if subscription is None else subscription.name_choice
        names, gap = choice.names, choice.gap_before(name)
        if not choice.hear(name, self.heard_at):
            self._observer.ignored(BadFrame.OTHER_NAME)
            return
        if self._quiet.is_probing or choice.names != names:
            self._wake.set()
        self._quiet.hear(self.heard_at)
        self._client.is_accepted = True
        if self.silence is not None:
            self.silence = None
            self._registry.go_live()
        if subscription is not None:
            if gap is not None:
                subscription.note_gap(*gap)
            self._deliver(subscription, rows)

    def _deliver(self, subscription: ChannelSubscription, rows: msgspec.Raw) -> None:
        kind = subscription.channel.kind
        collector = AnomalyCollector(self._client.redact)
        events = read_events(kind, rows, collector)
        anomalies = collector.anomalies() if collector.counts else ()
        if anomalies:
            self._client.drift.record(kind.endpoint, anomalies)
            if not events:
                self._observer.ignored(BadFrame.UNREADABLE)
        count = subscription.receive(events, anomalies, sandbox=self._connection.sandbox)
        self._observer.received(kind, count)
        if count < len(events):
            self._observer.repeated(kind, len(events) - count)

    def _take_refusal(self, refusal: RefusalText) -> None:
        """Refuse what it concerns; raises Unauthorized or RateLimited if that is all."""
        if refusal.ground is Ground.KEY:
            raise key_refused(refusal.text[:MAX_QUOTED])
        if refusal.ground is Ground.RATE:
            raise RateLimited("CoinGlass limits the rate of messages on its WebSocket.")
        names = refusal.names(self._subscribed)
        if not names and refusal.ground is Ground.PLAN and len(self._subscribed) == 1:
            names = self._subscribed
        if not names:
            self._observer.ignored(BadFrame.MALFORMED)
        for name in names:
            self._refuse(name, refusal.ground)
        self._wake.set()

    def _refuse(self, name: str, ground: Ground) -> None:
        subscription = self._registry.named(name)
        if subscription is None:
            if name in MARKET.names:  # of the probe; any other channel was closed since
                self._registry.market.refuse(name, self.heard_at)
        elif ground is Ground.PLAN:
            self._registry.refuse_for_plan(subscription, self.heard_at)
        else:
            self._registry.refuse_name(subscription, name, self.heard_at)
