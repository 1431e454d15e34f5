"""Results as server-sent events: graphql-sse in its mode of distinct connections."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from strawberry.http.streaming import SSE_HEARTBEAT_INTERVAL, SSETransport, merge_stream_with_heartbeat

from server.http import Header

HEADERS: Final[list[Header]] = [(name.lower().encode(), value.encode()) for name, value in SSETransport.headers.items()]


class EventStream:
    """`heartbeat_seconds`: between the comments that tell proxies and the client that the connection is in use."""

    def __init__(self, heartbeat_seconds: float = SSE_HEARTBEAT_INTERVAL) -> None:
        self._transport = SSETransport(heartbeat_seconds)

    def events(self, result: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[str, None]:
        """Yield the encoded result as `next`, then `complete`; and a ping from time to time until then."""
        transport = self._transport

        async def stream() -> AsyncGenerator[str, None]:
            yield transport.encode_event("next", (await result()).decode())
            yield transport.encode_complete()

        merged = merge_stream_with_heartbeat(
            stream,
            lambda: transport.encode_comment("ping"),
            interval=transport.heartbeat_interval,
            send_initial_heartbeat=transport.send_initial_heartbeat,
        )
        return merged()
