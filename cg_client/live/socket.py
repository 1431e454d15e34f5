"""One WebSocket to CoinGlass for all channels of a key."""

from typing import Protocol

from cg_client.client import Client
from cg_client.live.channels import Channel
from cg_client.live.listener import ChannelListener, SocketObserver


class OpenChannel(Protocol):
    """What `UpstreamSocket.open` returns."""

    def close(self) -> None:
        """End it; the listener hears no more, not even of what is in progress."""


class UpstreamSocket:
    """Connects when the first channel is opened, and closes the connection with the last.

    It takes the key, addresses, clock and gate of the client. `observer` may be replaced at any time.
    """

    def __init__(self, client: Client, observer: SocketObserver | None = None) -> None:
        self._client = client
        self.observer = observer or SocketObserver()

    def open(self, channel: Channel, listener: ChannelListener) -> OpenChannel:
        """Subscribe to a channel; call it in the event loop. A refusal also comes by the listener."""
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        raise NotImplementedError

    async def close(self) -> None:
        """Close all channels and the connection; nothing is left behind."""
