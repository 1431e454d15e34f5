"""Time as the client sees it; tests put a clock of their own in its place."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    # Seconds that only move forward: for deadlines, quota and expiry. Asked for so often that a frame of Python counts.
    monotonic = staticmethod(time.monotonic)

    def now(self) -> datetime:
        """Return the wall-clock time in UTC, for windows and for what an answer states."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def unix_ms(time: datetime) -> int:
    """Return milliseconds since 1970."""
    return round(time.timestamp() * 1000)
