"""Whether CoinGlass fails for a name because it does not know it.

Some endpoints answer an unknown name as a server error, which an outage looks like too. The same endpoint is asked for
a name that it does know: where that is answered, the fault lies in the name.
"""

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Callable

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, NotFound, UpstreamUnavailable
from cg_client.params import Params, known_names, wire_names
from cg_client.quota import MINUTE
from cg_client.requester import SYSTEM, Requester


class Lookups:
    """What became of each endpoint's known name holds for a minute, so that an outage costs one request more."""

    def __init__(self, ask: Callable[[Call, float, Requester], Awaitable[object]], clock: Clock) -> None:
        """`ask` keeps nothing: an answer from before says nothing about now."""
        self._ask, self._clock = ask, clock
        self._locks: defaultdict[Endpoint, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._found: dict[Endpoint, tuple[bool, float]] = {}

    async def blames_name(self, call: Call, error: UpstreamUnavailable, deadline: float) -> bool:
        """Whether the name is at fault for the error."""
        known = _known(call.params) if error.perhaps_ours else None
        return known is not None and await self._answers(Call(call.endpoint, known, call.decode), deadline)

    async def _answers(self, call: Call, deadline: float) -> bool:
        async with self._locks[call.endpoint]:
            found = self._found.get(call.endpoint)
            now = self._clock.monotonic()
            if found is None or found[1] <= now:
                found = self._found[call.endpoint] = await self._asked(call, deadline), now + MINUTE
        return found[0]

    async def _asked(self, call: Call, deadline: float) -> bool:
        try:
            await self._ask(call, deadline, SYSTEM)
        except CoinglassError:
            return False
        return True


def unknown_name(call: Call) -> NotFound:
    """The failure of a call whose name is at fault."""
    known = _known(call.params) or call.params
    error = NotFound(f"CoinGlass answers for {_names(known)} here, but fails for {_names(call.params)}: no such name.")
    error.endpoint = call.endpoint.path
    return error


def _known(params: Params) -> Params | None:
    """The same for names that CoinGlass knows; None where no other name was asked for."""
    names = {name: known for name, known in known_names(type(params)).items() if getattr(params, name) is not None}
    replaced = dataclasses.replace(params, **names)
    return None if replaced == params else replaced


def _names(params: Params) -> str:
    wire = wire_names(type(params))
    found = ((wire[name], getattr(params, name)) for name in known_names(type(params)))
    return " and ".join(f"{name} {value!r}" for name, value in found if value is not None)
