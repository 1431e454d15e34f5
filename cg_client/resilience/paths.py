"""Calls endpoints that have two paths by the one that CoinGlass has.

Newer documents name another path for some endpoints, and no answer tells which of the two a server still has. The newer
one is tried first. If CoinGlass does not have it, the former one is tried once, and the one that works is remembered
for an hour. Everything else (cache, gate, circuits) goes by the endpoint, not by its path.
"""

from typing import Generic, TypeVar

from cg_client.call import Call, Send
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import IntervalRefused, NotFound, PlanRefused, UnknownPath, UpstreamRejected
from cg_client.quota.requester import SYSTEM, Requester

T = TypeVar("T")

REMEMBERED = 3600.0  # seconds, after which the newer path is tried again
_PATH_EXISTS = (NotFound, PlanRefused, IntervalRefused, UpstreamRejected)  # CoinGlass looked at the parameters


class Paths(Generic[T]):
    def __init__(self, send: Send[T], clock: Clock) -> None:
        self._send, self._clock = send, clock
        self._former_until: dict[Endpoint, float] = {}

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> T:
        """Make the call; raises UnknownPath if CoinGlass has neither path."""
        path, former = call.endpoint.path, call.endpoint.former_path
        if former is None:
            return await self._send(call, deadline, requester)
        prefers_former = self._clock.monotonic() < self._former_until.get(call.endpoint, 0.0)
        first, second = (former, path) if prefers_former else (path, former)
        try:
            return await self._send(call.at(first), deadline, requester)
        except UnknownPath:
            pass
        return await self._fall_back(call.at(second), deadline, requester)

    async def _fall_back(self, call: Call, deadline: float, requester: Requester) -> T:
        try:
            answer = await self._send(call, deadline, requester)
        except UnknownPath:
            self._former_until.pop(call.endpoint, None)
            paths = f"{call.endpoint.path} nor its former path {call.endpoint.former_path}"
            raise UnknownPath(f"CoinGlass knows neither {paths}.") from None
        except _PATH_EXISTS:
            self._remember(call)
            raise
        self._remember(call)
        return answer

    def _remember(self, call: Call) -> None:
        if call.path == call.endpoint.former_path:
            self._former_until[call.endpoint] = self._clock.monotonic() + REMEMBERED
        else:
            self._former_until.pop(call.endpoint, None)
