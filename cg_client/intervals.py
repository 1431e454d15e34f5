"""Intervals, by CoinGlass' names. No endpoint lists 2h, although the plan table has it."""

from enum import Enum

_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class Interval(Enum):
    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"

    __hash__ = object.__hash__  # Enum's is in Python, and many keys contain intervals

    def __init__(self, source_name: str) -> None:
        self.milliseconds = int(source_name[:-1]) * _UNITS[source_name[-1]]
