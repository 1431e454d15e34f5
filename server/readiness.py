"""Says whether a process can answer what needs CoinGlass, and if not, what it lacks."""

import math
from typing import Final

from cg_client.client import Client
from server.open_connections import OpenConnections
from server.settings import Settings

_START_SECONDS: Final = 10.0  # after which the first workers accept connections, so that `/readyz` says what they lack
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


def patience(settings: Settings) -> float:
    """Return for how many seconds a process accepts no connections while it is not ready.

    Workers accept from one socket: what an unready one accepts, another could have answered. One that replaces another
    leaves requests to the others for as long as it takes, and in a rolling restart its predecessor goes on meanwhile.
    """
    if settings.workers == 1:
        return 0.0
    return math.inf if settings.replaces_worker else _START_SECONDS
