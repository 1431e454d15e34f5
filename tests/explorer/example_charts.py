"""The kinds of charts that the examples of the explorer have with the figures of the modelled market."""

import itertools
from collections.abc import Iterable, Mapping

# Kind and form in the order of the answer. Neighbours of one kind are one entry: into how many charts bars are divided
# depends on the size of the figures, which changes with time.
KINDS: Mapping[str, list[str]] = {
    "Calendar and news": [],
    "Coinglass account": [],
    "Flows": [
        "time mirrored",
        "profile mirrored",
        "time bars",
        "profile mirrored",
        "time mirrored",
        "profile mirrored",
        "time mirrored",
        "time lines",
    ],
    "Fund detail": ["time lines", "time candles", "categories bars", "time lines"],
    "Funding": ["time lines", "time candles", "time lines", "categories bars"],
    "Funds": ["time stacked", "categories bars", "time bars"],
    "Hyperliquid": [
        "categories bars",
        "categories mirrored",
        "categories bars",
        "categories mirrored",
        "categories bars",
        "time mirrored",
        "time lines",
        "time mirrored",
    ],
    "Indicators": ["time lines", "categories bars", "time lines", "categories bars", "time lines"],
    "Liquidations": [
        "time mirrored",
        "profile mirrored",
        "events",
        "heatmap",
        "profile stacked",
        "time mirrored",
        "categories bars",
        "categories mirrored",
        "categories bars",
    ],
    "Live funding": ["time lines"],
    "Live liquidations": ["events"],
    "Market lists": [
        "categories mirrored",
        "categories bars",
        "categories mirrored",
        "categories bars",
        "categories mirrored",
        "categories bars",
    ],
    "Markets": ["categories bars", "time candles"],
    "On chain": [
        "categories bars",
        "time stacked",
        "events",
        "categories bars",
        "time stacked",
        "time lines",
        "time stacked",
        "categories bars",
    ],
    "Open interest": ["time lines", "categories bars"],
    "Options": ["categories bars", "time stacked", "categories mirrored", "categories bars"],
    "Order book": ["time lines", "heatmap", "depth", "profile mirrored", "time lines"],
    "Positioning": ["time lines", "time mirrored", "categories mirrored"],
    "Screener": ["categories bars"],
    "Sentiment": ["time lines", "events", "categories bars"],
    "Technical": ["time lines", "time mirrored", "time lines", "categories bars", "time lines"],
    "Watchlist": ["categories bars"],
}


def without_repeats(kinds: Iterable[str]) -> list[str]:
    """Return the kinds of charts as `KINDS` has them."""
    return [kind for kind, _ in itertools.groupby(kinds)]
