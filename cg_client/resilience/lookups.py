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
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.window import MINUTE

_MAX_NAMES = 10_000  # that are remembered
_ANSWERS_FOR = 5.0  # seconds


class Lookups:
    """Remembers for a minute which names are at fault, and which endpoints fail for a known name too.

    An outage thus costs one request more, and a name that CoinGlass does not know one a minute. That an endpoint
    answers for its known name is remembered for a few seconds only: an outage may begin after them.
    """

    def __init__(self, ask: Callable[[Call, float, Requester], Awaitable[object]], clock: Clock) -> None:
        """`ask` keeps nothing: an answer from before says nothing about now."""
        self._ask, self._clock = ask, clock
        self._locks: defaultdict[Endpoint, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failing: dict[Endpoint, float] = {}  # until when, in monotonic seconds
        self._answering: dict[Endpoint, float] = {}
        self._blamed: dict[tuple[Endpoint, Params], float] = {}

    async def blames_name(self, call: Call, error: UpstreamUnavailable, deadline: float) -> bool:
        """Whether the name is at fault for the error."""
        known = _known(call.params) if error.perhaps_ours else None
        if known is None:
            return False
        async with self._locks[call.endpoint]:
            now = self._clock.monotonic()
            if self._blamed.get((call.endpoint, call.params), 0.0) > now:
                return True
            if self._failing.get(call.endpoint, 0.0) > now:
                return False
            if self._answering.get(call.endpoint, 0.0) <= now and not await self._answers(call, known, deadline):
                return False
            self._remember(call)
            return True

    async def _answers(self, call: Call, known: Params, deadline: float) -> bool:
        """Ask for the known name. A failure that is no outage, such as a rate limit, says nothing and is forgotten."""
        try:
            await self._ask(Call(call.endpoint, known, call.decode), deadline, SYSTEM)
        except UpstreamUnavailable:
            self._failing[call.endpoint] = self._clock.monotonic() + MINUTE
            return False
        except CoinglassError:
            return False
        self._answering[call.endpoint] = self._clock.monotonic() + _ANSWERS_FOR
        return True

    def _remember(self, call: Call) -> None:
        if len(self._blamed) >= _MAX_NAMES:
            self._blamed.clear()
        self._blamed[call.endpoint, call.params] = self._clock.monotonic() + MINUTE


def unknown_name(call: Call) -> NotFound:
    """Return the failure of a call whose name is at fault."""
    known = _known(call.params) or call.params
    error = NotFound(f"CoinGlass answers for {_names(known)} here, but fails for {_names(call.params)}: no such name.")
    error.endpoint = call.endpoint.path
    return error


def _known(params: Params) -> Params | None:
    """Return the same for names that CoinGlass knows; None where no other name was asked for."""
    names = {name: known for name, known in known_names(type(params)).items() if getattr(params, name) is not None}
    replaced = dataclasses.replace(params, **names)
    return None if replaced == params else replaced


def _names(params: Params) -> str:
    wire = wire_names(type(params))
    found = ((wire[name], getattr(params, name)) for name in known_names(type(params)))
    return " and ".join(f"{name} {value!r}" for name, value in found if value is not None)
