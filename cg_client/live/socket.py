"""One WebSocket to CoinGlass for all channels of a key."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable

from cg_client.client import Client
from cg_client.errors import (
    CoinglassError,
    PlanRefused,
    StreamSilent,
    Unauthorized,
    UnavailableReason,
    UpstreamUnavailable,
)
from cg_client.live.backoff import Backoff
from cg_client.live.channels import Channel
from cg_client.live.connection import connect
from cg_client.live.listener import BadFrame, ChannelListener, SocketObserver
from cg_client.live.registry import Registry
from cg_client.live.session import SocketSession
from cg_client.live.subscription import ChannelHistory, ChannelSubscription
from cg_client.live.timers import within

STABLE_SECONDS = 10.0  # a connection that lasted so long is followed by the next one soon


class OpenChannel:
    """What `UpstreamSocket.open` returns."""

    def __init__(self, socket: "UpstreamSocket", subscription: ChannelSubscription) -> None:
        self._socket, self._subscription = socket, subscription

    def close(self) -> None:
        """End it; the listener hears no more, not even of what is in progress."""
        self._socket.end(self._subscription)


class UpstreamSocket:
    """Connects when the first channel is opened, and closes the connection with the last.

    It takes the key, addresses, clock and gate of the client. A lost connection is opened again for as long as there
    are channels. `jitter` returns a number from 0 to 1.
    """

    def __init__(
        self,
        client: Client,
        observer: SocketObserver | None = None,
        *,
        jitter: Callable[[], float] = random.random,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._client, self._clock, self._tls = client, client.clock, tls
        self._observer = observer or SocketObserver()
        self._registry = Registry(client, self._observer)
        self._backoff = Backoff(jitter)
        self._wake = asyncio.Event()  # a channel was opened or closed
        self._session: SocketSession | None = None
        self._silence: CoinglassError | None = None  # what the channels were told, while nothing comes
        self._was_connected = False
        self._heard_at = 0.0  # when the last connection had its last message, in monotonic seconds
        self._task: asyncio.Task[None] | None = None

    def open(self, channel: Channel, listener: ChannelListener, history: ChannelHistory | None = None) -> OpenChannel:
        """Subscribe to a channel, in place of whoever has it open; a refusal also comes by the listener.

        With a history it is told `resumed` in place of `connected`. Call it in the event loop.
        """
        subscription = self._registry.add(channel, listener, history)
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return OpenChannel(self, subscription)

    def end(self, subscription: ChannelSubscription) -> None:
        self._registry.remove(subscription)
        self._wake.set()

    @property
    def is_connected(self) -> bool:
        return self._session is not None

    @property
    def last_message_at(self) -> float | None:
        """When the last message came, in monotonic seconds; None while there is no connection."""
        return None if self._session is None else self._session.heard_at

    @property
    def channels(self) -> int:
        """Channels that are open."""
        return len(self._registry)

    async def close(self) -> None:
        """Close all channels and the connection; nothing is left behind."""
        self._registry.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        self._silence = None
        if not self._client.plan_is_resolved:
            await self._client.know_plan()
        if self._registry.is_gated:  # by a plan that may have been upgraded since it was requested
            await self._client.plan_watch.review_gated()
        while self._registry.admit():
            failure = await self._connect_safely()
            if failure is not None:
                await self._wait(failure)

    async def _connect_safely(self) -> CoinglassError | None:
        """Connect; an unexpected error interrupts the channels too.

        Of that only the type is shown: its text may have the key.
        """
        try:
            return await self._connect()
        except Exception as error:  # noqa: BLE001  # whatever it is
            message = f"The WebSocket to CoinGlass failed ({type(error).__name__})."
            failure = UpstreamUnavailable(message, reason=UnavailableReason.CONNECTION_LOST)
            self._fail(failure, self._heard_at)
            return failure

    async def _connect(self) -> CoinglassError | None:
        """Open a connection and keep it; return why it ended, unless the last channel was closed."""
        try:
            connection = await connect(self._client.config, self._clock, self._tls)
        except CoinglassError as error:
            failure = error.with_traceback(None)
            self._fail(failure, self._clock.monotonic())
            return failure
        session = SocketSession(connection, self._registry, self._client, self._observer, self._wake, self._silence)
        self._observer.connected(is_reconnect=self._was_connected)
        self._was_connected, self._session = True, session
        try:
            await session.run()
        except CoinglassError as error:
            failure = error.with_traceback(None)
            self._silence = failure if isinstance(failure, StreamSilent) else session.silence
            if isinstance(failure, UpstreamUnavailable) and failure.reason is UnavailableReason.MALFORMED_BODY:
                self._observer.ignored(BadFrame.MALFORMED)
            if self._clock.monotonic() >= session.begun_at + STABLE_SECONDS:
                self._backoff.reset()
            self._fail(failure, session.heard_at)
            return failure
        else:
            return None
        finally:
            self._session, self._heard_at = None, session.heard_at

    def _fail(self, failure: CoinglassError, heard_at: float) -> None:
        """Tell the channels, for which it is final only if CoinGlass refuses the key or the plan."""
        self._observer.failed(failure)
        match failure:
            case Unauthorized():
                for subscription in self._registry:
                    self._registry.refuse(subscription, failure, heard_at)
            case PlanRefused():
                for subscription in self._registry:
                    self._registry.refuse_for_plan(subscription, heard_at)
            case _:
                self._registry.interrupt(failure, heard_at)

    async def _wait(self, failure: CoinglassError) -> None:
        """Wait before the next connection, as long as there are channels; new ones are told the failure."""
        until = self._clock.monotonic() + max(self._backoff.next(), failure.retry_after or 0.0)
        while self._registry.admit() and (left := until - self._clock.monotonic()) > 0:
            self._registry.interrupt(failure, self._clock.monotonic())
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await within(self._clock, left, self._wake.wait())
