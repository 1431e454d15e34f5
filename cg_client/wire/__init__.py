"""HTTP/1.1 to one server for little CPU: asyncio and httptools under httpx's transport interface.

httpx's own transport costs about a millisecond of CPU a request; a query of twenty calls must not cost twenty of them.
From the socket upwards: `dial`, `answer` (bytes to one answer), `connection`, `pool`, `coding`, `transport`.
"""

from cg_client.wire.transport import Seconds, Whole, WireTransport, fields_of

__all__ = ["Seconds", "Whole", "WireTransport", "fields_of"]
