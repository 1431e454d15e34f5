"""Asks endpoints that have two paths by the one that CoinGlass knows.

Newer documents name another path for some endpoints, and no answer tells which of the two a server still has. The newer
one is asked for first. If CoinGlass does not know it, the former one is tried once, and the one that works is
remembered for an hour. Everything above this layer (cache, gate, circuits) goes by the endpoint, not by its path.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import IntervalRefused, NotFound, PlanRefused, UnknownPath, UpstreamRejected
from cg_client.quota.requester import SYSTEM, Requester

T = TypeVar("T")

REMEMBERED = 3600.0  # seconds, after which the newer path is tried again
_PATH_IS_KNOWN = (NotFound, PlanRefused, IntervalRefused, UpstreamRejected)  # CoinGlass looked at the parameters


class Paths(Generic[T]):
    def __init__(self, ask: Callable[[Call, float, Requester], Awaitable[T]], clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._former_until: dict[Endpoint, float] = {}

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> T:
        """Call by the path that CoinGlass knows; raises UnknownPath if it knows neither."""
        former = call.endpoint.former_path
        if former is None:
            return await self._ask(call, deadline, requester)
        first, second = self._in_order(call.endpoint.path, former, call.endpoint)
        try:
            return await self._ask(call.at(first), deadline, requester)
        except UnknownPath:
            pass
        return await self._instead(call.at(second), deadline, requester)

    def _in_order(self, path: str, former: str, endpoint: Endpoint) -> tuple[str, str]:
        prefers_former = self._clock.monotonic() < self._former_until.get(endpoint, 0.0)
        return (former, path) if prefers_former else (path, former)

    async def _instead(self, call: Call, deadline: float, requester: Requester) -> T:
        try:
            answer = await self._ask(call, deadline, requester)
        except UnknownPath:
            self._former_until.pop(call.endpoint, None)
            known = f"{call.endpoint.path} nor its former path {call.endpoint.former_path}"
            raise UnknownPath(f"CoinGlass knows neither {known}.") from None
        except _PATH_IS_KNOWN:
            self._remember(call)
            raise
        self._remember(call)
        return answer

    def _remember(self, call: Call) -> None:
        if call.path == call.endpoint.former_path:
            self._former_until[call.endpoint] = self._clock.monotonic() + REMEMBERED
        else:
            self._former_until.pop(call.endpoint, None)
