"""Tells an unknown name from an outage.

Some endpoints answer an unknown name with a server error. The same endpoint is then called for a listed name: if that
is answered, the name is the cause.
"""

import asyncio
import dataclasses
from collections import defaultdict

from cg_client.call import Call, Send
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, NotFound, UpstreamUnavailable
from cg_client.params.core import Params
from cg_client.quota.requester import SYSTEM
from cg_client.quota.window import MINUTE

_MAX_NAMES = 10_000
_WORKING_SECONDS = 5.0


class UnknownNameCheck:
    """Remembers for a minute which names are unknown, and which endpoints fail for a listed name too.

    An outage thus costs one more call, and an unknown name one a minute. That an endpoint works is remembered for a few
    seconds only: an outage may begin after them.
    """

    def __init__(self, send: Send[object], clock: Clock) -> None:
        """`send` must not be cached: an earlier answer says nothing about now."""
        self._send, self._clock = send, clock
        self._locks: defaultdict[Endpoint, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._failing_until: dict[Endpoint, float] = {}  # in monotonic seconds, as are the others
        self._working_until: dict[Endpoint, float] = {}
        self._unknown_until: dict[tuple[Endpoint, Params], float] = {}

    async def is_cause(self, call: Call, error: UpstreamUnavailable, deadline: float) -> bool:
        """Whether the error is due to an unknown name."""
        listed = _with_listed_names(call.params) if error.perhaps_ours else None
        if listed is None:
            return False
        async with self._locks[call.endpoint]:
            now = self._clock.monotonic()
            if self._unknown_until.get((call.endpoint, call.params), 0.0) > now:
                return True
            if self._failing_until.get(call.endpoint, 0.0) > now:
                return False
            if self._working_until.get(call.endpoint, 0.0) <= now and not await self._works(call, listed, deadline):
                return False
            if len(self._unknown_until) >= _MAX_NAMES:
                self._unknown_until.clear()
            self._unknown_until[call.endpoint, call.params] = self._clock.monotonic() + MINUTE
            return True

    async def _works(self, call: Call, listed: Params, deadline: float) -> bool:
        """Call for the listed name. A failure that is no outage, such as a rate limit, says nothing."""
        try:
            await self._send(Call(call.endpoint, listed, call.decode), deadline, SYSTEM)
        except UpstreamUnavailable:
            self._failing_until[call.endpoint] = self._clock.monotonic() + MINUTE
            return False
        except CoinglassError:
            return False
        self._working_until[call.endpoint] = self._clock.monotonic() + _WORKING_SECONDS
        return True


def unknown_name(call: Call) -> NotFound:
    """Return the failure of a call for an unknown name."""
    listed = _with_listed_names(call.params) or call.params
    error = NotFound(f"CoinGlass answers for {_names(listed)} here, but fails for {_names(call.params)}: no such name.")
    error.endpoint = call.endpoint.path
    return error


def _with_listed_names(params: Params) -> Params | None:
    """Replace the names by listed ones; None if that changes nothing."""
    names = {name: listed for name, listed in params.existing_names.items() if getattr(params, name) is not None}
    replaced = dataclasses.replace(params, **names)
    return None if replaced == params else replaced


def _names(params: Params) -> str:
    names = ((params.source_names[name], getattr(params, name)) for name in params.existing_names)
    return " and ".join(f"{name} {value!r}" for name, value in names if value is not None)
