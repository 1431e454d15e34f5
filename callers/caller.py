"""Who sends a request, and how much of the quota it may spend."""

import re
from dataclasses import dataclass
from typing import Final

METRICS_SCOPE: Final = "metrics"
SCOPES: Final = (METRICS_SCOPE,)  # that a key can have

is_caller_name = re.compile(r"[\w.@:/|+-]{1,128}", re.ASCII).fullmatch
"""Matches names of keys, addresses and most subjects of tokens, which cannot forge a line of the log."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a caller may spend, in requests to CoinGlass and in values of results; None has no limit."""

    calls_per_minute: int | None = None
    calls_per_day: int | None = None
    values_per_minute: int | None = None
    values_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is that of its key or token, or its address. Callers take turns at the quota by name."""

    name: str
    budget: Budget | None = None
    scopes: frozenset[str] = frozenset()
