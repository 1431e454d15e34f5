"""Intervals and ranges as CoinGlass spells them. No endpoint lists 2h, although the plan table has it."""

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

    __hash__ = object.__hash__  # a member is itself; Enum's own is in Python, and keys with intervals are everywhere

    def __init__(self, wire: str) -> None:
        self.milliseconds = int(wire[:-1]) * _UNITS[wire[-1]]
