"""Results as server-sent events: graphql-sse in its mode of distinct connections."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat

from server.http import Header

HEADERS: Final[list[Header]] = [(name.lower().encode(), value.encode()) for name, value in SSETransport.headers.items()]
HEARTBEAT_SECONDS = 15.0  # between the comments that keep proxies and clients from taking a connection for dead


def events(result: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[str, None]:
    """Yield the encoded result as `next`, then `complete`; and a ping from time to time until then."""
    transport = SSETransport()

    async def stream() -> AsyncGenerator[str, None]:
        yield transport.encode_event("next", (await result()).decode())
        yield transport.encode_complete()

    def ping() -> str:
        return transport.encode_comment("ping")

    return merge_stream_with_heartbeat(stream, ping, HEARTBEAT_SECONDS, send_initial_heartbeat=False)()
