"""A peculiar answer: a body with invented figures, in a shape that live answers had."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DAY = 86_400_000
TODAY = 1_782_864_000_000  # 2026-07-01, in milliseconds
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PAIR = 'exchange: "Binance", symbol: "BTCUSDT"'
SOURCE = "source { anomalies { kind field count } }"


@dataclass(frozen=True)
class Peculiar:
    """`path` answers with `data`; `query` has the part under `it`, which `served` is but for its source."""

    name: str
    path: str
    data: Any
    query: str
    served: Any
    anomalies: list[tuple[str, str, int]] = field(default_factory=list)


def on(parent: str, part: str, payload: str, selection: str) -> str:
    selections = f"... on {payload} {{ {SOURCE} {selection} }} ... on Problem {{ message }}"
    return f"{{ {parent} {{ it: {part} {{ {selections} }} }} }}"
