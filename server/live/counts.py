"""Counts of all broadcasts of a server."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class BroadcastCounts:
    """`executed`: results. `sent`: results that clients took, each counted for every client.

    `lagged`: times that a client was too slow, and `dropped`: events that it was not sent. `on_delay` hears how many
    seconds passed from an event to the end of its sending.
    """

    executed: int = 0
    sent: int = 0
    lagged: int = 0
    dropped: int = 0
    on_delay: Callable[[float], object] = float  # which does nothing
