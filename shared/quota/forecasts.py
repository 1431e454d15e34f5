"""When a call of a group that was refused could start, as the last exchange told.

While that is past a call's deadline, the call is refused without another exchange: so refusals cost the store no more
than the heartbeats.
"""

import asyncio
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cg_client.quota.requester import Priority
from shared.quota.messages import Candidate, QuotaReply
from shared.quota.waiters import Group

FRESH: Final = 1.25  # seconds after which a forecast is no longer used: a heartbeat, and its answer
MAX_CANDIDATES: Final = 100
_REFUSAL_SECONDS: Final = 2.0  # after the last refusal in a group, in which its forecast is renewed


@dataclass(frozen=True, slots=True)
class CallForecast:
    """When one more call of a group could start, in monotonic seconds, and with which priority it would wait."""

    at: float
    priority: Priority


class QuotaForecasts:
    """Remembers when calls could start, as the last exchange told.

    When room may appear earlier, all forecasts are forgotten. Only an exchange that begins after that brings new ones.
    """

    def __init__(self) -> None:
        self._refused: OrderedDict[Group, tuple[float, int]] = OrderedDict()  # when, and the client's weight
        self._groups: dict[Group, CallForecast] = {}
        self._anybody: dict[int, CallForecast] = {}  # by priority: no call at all could start before
        self._sent_at = -math.inf
        self._is_changed = False
        self._replied: asyncio.Future[None] | None = None

    def note_refusal(self, group: Group, weight: int, now: float) -> None:
        self._refused[group] = now, weight
        self._refused.move_to_end(group)
        if len(self._refused) > MAX_CANDIDATES:
            self._refused.popitem(last=False)

    def candidates(self, now: float) -> list[Candidate]:
        """Return the groups whose forecasts the next exchange has to renew; it begins now."""
        while self._refused and next(iter(self._refused.values()))[0] + _REFUSAL_SECONDS < now:
            self._refused.popitem(last=False)
        self._is_changed = False
        return [Candidate(*group, weight) for group, (_, weight) in self._refused.items()]

    def learn(self, reply: QuotaReply, sent: float, now: float) -> None:
        """Use what a reply tells, unless it is older than a change."""
        self.release()
        if self._is_changed:
            return
        self._sent_at = sent
        self._groups = {
            (opening.client, opening.priority): CallForecast(
                now + opening.seconds, Priority.EXCESS if opening.is_beyond_share else Priority(opening.priority)
            )
            for opening in reply.openings
        }
        self._anybody = {
            priority: CallForecast(now + seconds, Priority(priority)) for priority, seconds in enumerate(reply.opens_in)
        }

    def forget(self) -> None:
        self._is_changed = True
        self._sent_at = -math.inf

    def find(self, group: Group, since: float, now: float) -> CallForecast | None:
        """Return the forecast of one more call that waits `since` a time; None if it has to be told by an exchange."""
        if since < self._sent_at - FRESH or now - self._sent_at > FRESH:
            return None
        return self._groups.get(group) or self._anybody.get(group[1])

    def is_candidate(self, group: Group) -> bool:
        return group in self._refused

    async def reply(self) -> None:
        """Wait for the next reply, or for the end of the contact."""
        if self._replied is None:
            self._replied = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._replied)

    def release(self) -> None:
        """Wake all that wait for a reply."""
        if self._replied is not None:
            self._replied.set_result(None)
            self._replied = None
