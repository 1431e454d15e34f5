"""Parameters of technical indicators: how far they look back, and at which price."""

import math
from typing import Annotated

from cg_client.errors import BadArgument
from cg_client.params.choices import SeriesType
from cg_client.params.core import PairSeries, SourceName

LookBack = Annotated[int, "Number of intervals that each point looks back over, from 1."]

PriceOfCandle = Annotated[SeriesType, "Price of each candle that the indicator is computed from."]


def check_window(argument: str, window: int) -> None:
    """Raise BadArgument for a window that holds no candle."""
    if window < 1:
        raise BadArgument(f"`{argument}` is a number from 1, not {window}.", argument)


class PairLookBack(PairSeries):
    """The window is always sent: the documents show an example and no default, and ours is that example."""

    window: LookBack = 14

    def check(self) -> None:
        check_window("window", self.window)


class PairLookBackOnPrice(PairLookBack):
    series_type: PriceOfCandle = SeriesType.CLOSE


class PairMovingAverage(PairLookBackOnPrice):
    window: LookBack = 10


class PairBollingerBands(PairLookBackOnPrice):
    window: LookBack = 20
    multiplier: Annotated[
        float, "Distance of the bands from the middle, in standard deviations.", SourceName("mult")
    ] = 2.0

    def check(self) -> None:
        super().check()
        if not 0 < self.multiplier < math.inf:
            raise BadArgument(f"`multiplier` is a number above 0, not {self.multiplier:g}.", "multiplier")


class PairMACD(PairSeries):
    """As with the other windows, the documents' examples are our defaults."""

    series_type: PriceOfCandle = SeriesType.CLOSE
    fast_window: Annotated[int, "Intervals of the fast average, from 1."] = 12
    slow_window: Annotated[int, "Intervals of the slow average, from 1."] = 26
    signal_window: Annotated[int, "Intervals of the signal line, from 1; the answer has no such line."] = 9

    def check(self) -> None:
        check_window("fastWindow", self.fast_window)
        check_window("slowWindow", self.slow_window)
        check_window("signalWindow", self.signal_window)
