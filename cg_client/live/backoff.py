"""How long to wait before the next connection."""

from collections.abc import Callable

FIRST_SECONDS = 0.5
MAX_SECONDS = 20.0


class Backoff:
    """Waits grow exponentially, and are shortened by up to a half so that clients do not return all at once."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        """`jitter` returns a number from 0 to 1."""
        self._jitter = jitter
        self._seconds = FIRST_SECONDS

    def next(self) -> float:
        seconds, self._seconds = self._seconds, min(MAX_SECONDS, self._seconds * 2)
        return seconds * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        self._seconds = FIRST_SECONDS
