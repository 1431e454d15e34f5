"""Whether a process can answer requests that need CoinGlass, and what is missing if it cannot."""

from typing import Final

from cg_client.client import Client
from server.open_connections import OpenConnections

_POLL_SECONDS: Final = 0.05
_NO_PLAN: Final = "CoinGlass has yet to answer for the first time, about the plan of the key"


class Readiness:
    """That of the server's key."""

    def __init__(self, client: Client, connections: OpenConnections) -> None:
        self._client, self._connections = client, connections

    @property
    def obstacle(self) -> str | None:
        """Why requests should go to another process; None if it is ready."""
        return "The server is about to end" if self._connections.is_draining else self._lack

    @property
    def _lack(self) -> str | None:
        lacks_plan = not self._client.plan_watch.was_requested
        return self._client.admission_queue.obstacle or (_NO_PLAN if lacks_plan else None)

    async def wait(self, seconds: float) -> None:
        """Wait until the process lacks nothing or has to end, but no longer than so many seconds."""
        clock = self._client.clock
        latest = clock.monotonic() + seconds
        while self._lack and clock.monotonic() < latest and not self._connections.is_closing:
            await clock.sleep(_POLL_SECONDS)
