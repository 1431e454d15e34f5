"""Work that a replica repeats for as long as it runs, whatever happens to the store."""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from cg_client.clock import Clock
from shared.errors import CommandRefused, StoreAway

log = structlog.get_logger(__name__)


async def supervise(work: Callable[[], Awaitable[object]], clock: Clock, pause: float, failure: str) -> NoReturn:
    """Repeat work that waits for what it has to do, at once after success, and after a pause of seconds otherwise.

    That the store is away, or refuses a command, is reported elsewhere. Other exceptions are logged as the failure.
    """
    while True:
        try:
            await work()
            continue
        except (StoreAway, CommandRefused):
            pass
        except Exception:
            log.exception(failure)
        await clock.sleep(pause)
