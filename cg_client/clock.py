"""The client's time source, which tests replace."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial


class Clock:
    """`monotonic` is for deadlines, quota and expiry; `now`, in UTC, for windows and for what an answer states.

    Both are read so often that they are C functions.
    """

    monotonic = staticmethod(time.monotonic)
    now = staticmethod(partial(datetime.now, UTC))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
