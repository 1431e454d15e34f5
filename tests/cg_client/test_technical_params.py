"""Parameters of technical indicators: always sent in full, and refused where they hold no candle."""

from collections.abc import Callable
from typing import Any

import pytest

from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params.choices import SeriesType
from cg_client.params.core import Params
from cg_client.params.technical import (
    PairBollingerBands,
    PairLookBack,
    PairLookBackOnPrice,
    PairMACD,
    PairMovingAverage,
)

PAIR: dict[str, Any] = {"interval": Interval.H4, "exchange": "OKX", "symbol": "X"}
SENT = {"interval": "4h", "exchange": "OKX", "symbol": "X"}


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (PairLookBack(**PAIR), {"window": "14"}),
        (PairLookBackOnPrice(**PAIR, series_type=SeriesType.HIGH), {"window": "14", "series_type": "high"}),
        (PairMovingAverage(**PAIR, window=50), {"window": "50", "series_type": "close"}),
        (PairBollingerBands(**PAIR), {"window": "20", "series_type": "close", "mult": "2"}),
        (PairBollingerBands(**PAIR, multiplier=2.5), {"window": "20", "series_type": "close", "mult": "2.5"}),
        (
            PairMACD(**PAIR),
            {"series_type": "close", "fast_window": "12", "slow_window": "26", "signal_window": "9"},
        ),
    ],
)
def test_parameters_that_the_documentation_leaves_open_are_sent(params: Params, query: dict[str, str]) -> None:
    assert params.query() == SENT | query


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (PairLookBack, {"window": 0}),
        (PairMovingAverage, {"window": -1}),
        (PairBollingerBands, {"window": 0}),
        (PairBollingerBands, {"multiplier": 0.0}),
        (PairMACD, {"fast_window": 0}),
        (PairMACD, {"slow_window": 0}),
        (PairMACD, {"signal_window": 0}),
    ],
)
def test_a_window_without_a_candle_is_refused(make: Callable[..., Params], wrong: dict[str, Any]) -> None:
    with pytest.raises(BadArgument):
        make(**PAIR, **wrong)
