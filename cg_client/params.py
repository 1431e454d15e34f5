"""One class = one upstream parameter list = GraphQL arguments = part of the cache key.

A field's annotation carries what the argument's description says and, where it differs, the upstream name. Values are
sent as upstream spells them: enums by value, times as integer milliseconds, lists joined by commas.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, get_type_hints

from cg_client.errors import BadArgument
from cg_client.intervals import (
    ArticleLanguage,
    BorrowVenue,
    CalendarLanguage,
    FundingRange,
    FundRange,
    Interval,
    LargeOrderState,
    LiquidationRange,
    MapRange,
    MaxPainRange,
    NewsflashLanguage,
    OpenInterestRange,
    OptionsRange,
    Range,
    SeriesType,
    TakerRange,
    Unit,
)


@dataclass(frozen=True)
class Wire:
    """The upstream name of a parameter."""

    name: str


@dataclass(frozen=True)
class Fixed:
    """Marks a parameter that is always sent with its default and is no choice of the caller."""


@dataclass(frozen=True, kw_only=True)
class Params:
    """No parameters at all, and the root of those that have some."""

    def query(self) -> dict[str, str]:
        """The query string as upstream reads it, without what was left open."""
        values = ((wire, getattr(self, name)) for name, wire in wire_names(type(self)).items())
        return {wire: _text(value) for wire, value in values if value is not None}


def _text(value: object) -> str:
    match value:
        case datetime():
            return str(round(value.timestamp() * 1000))
        case Enum():
            return str(value.value)
        case tuple():
            return ",".join(map(str, value))
        case float():
            return f"{value:.15g}"
        case _:
            return str(value)


_WIRE_NAMES: dict[type[Params], Mapping[str, str]] = {}


def wire_names(params: type[Params]) -> Mapping[str, str]:
    """Upstream name by field name, in the order of declaration."""
    if params not in _WIRE_NAMES:
        hints = get_type_hints(params, include_extras=True)
        _WIRE_NAMES[params] = {field.name: _wire(field.name, hints[field.name]) for field in dataclasses.fields(params)}
    return _WIRE_NAMES[params]


def _wire(name: str, hint: object) -> str:
    marks = getattr(hint, "__metadata__", ())
    return next((mark.name for mark in marks if isinstance(mark, Wire)), name)


ExchangeName = Annotated[str, "Exchange, e.g. `Binance`."]
PairCode = Annotated[str, "The exchange's own code of the pair, e.g. `BTCUSDT`."]
CoinSymbol = Annotated[str, "Coin, e.g. `BTC`."]
ExchangeNames = Annotated[
    tuple[str, ...],
    'Exchanges to add up, e.g. `["Binance", "OKX"]`. Left out: every exchange that lists the coin.',
    Wire("exchange_list"),
]


DEPTHS = (0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0)
DepthPercent = Annotated[
    float, "Distance from the mid price, in percent: 0.25, 0.5, 0.75, 1, 2, 3, 5 or 10.", Wire("range")
]


def check_depth(percent: float) -> None:
    """Raises BadArgument for a depth that CoinGlass does not sum up."""
    if percent not in DEPTHS:
        raise BadArgument(f"depthPercent is one of {', '.join(f'{depth:g}' for depth in DEPTHS)}, not {percent:g}.")


@dataclass(frozen=True, kw_only=True)
class Series(Params):
    """A window of points: the newest `last`, or `from` to `to`."""

    interval: Annotated[Interval, "Distance between two points."]
    last: Annotated[
        int | None,
        "Number of newest points, up to `to` where that is given. Without `last` and `from`: 100.",
        Wire("limit"),
    ] = None
    from_: Annotated[
        datetime | None, "Start of the window, inclusive. Not together with `last`.", Wire("start_time")
    ] = None
    to: Annotated[datetime | None, "End of the window, inclusive. Left out: now.", Wire("end_time")] = None


@dataclass(frozen=True, kw_only=True)
class PairSeries(Series):
    exchange: ExchangeName
    symbol: PairCode


@dataclass(frozen=True, kw_only=True)
class PairSeriesInUnit(PairSeries):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class PairDepthSeries(PairSeries):
    depth_percent: DepthPercent = 1.0

    def __post_init__(self) -> None:
        check_depth(self.depth_percent)


@dataclass(frozen=True, kw_only=True)
class CoinSeries(Series):
    symbol: CoinSymbol


@dataclass(frozen=True, kw_only=True)
class CoinSeriesInUnit(CoinSeries):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class ExchangesSeries(CoinSeries):
    """A coin's figures, added up over exchanges."""

    exchanges: ExchangeNames


@dataclass(frozen=True, kw_only=True)
class ExchangesSeriesInUsd(ExchangesSeries):
    """The unit is sent because the documents name no default; the answer's fields say `_usd` for either."""

    unit: Annotated[Unit, Fixed()] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class ExchangesDepthSeries(ExchangesSeries):
    depth_percent: DepthPercent = 1.0

    def __post_init__(self) -> None:
        check_depth(self.depth_percent)


@dataclass(frozen=True, kw_only=True)
class Coin(Params):
    symbol: CoinSymbol


@dataclass(frozen=True, kw_only=True)
class Exchange(Params):
    exchange: ExchangeName


@dataclass(frozen=True, kw_only=True)
class Pair(Params):
    exchange: ExchangeName
    symbol: PairCode


@dataclass(frozen=True, kw_only=True)
class PairRange(Pair):
    range: Annotated[Range, "Period to cover."] = Range.D3


@dataclass(frozen=True, kw_only=True)
class CoinRange(Coin):
    range: Annotated[Range, "Period to cover."] = Range.D3


@dataclass(frozen=True, kw_only=True)
class PairMapRange(Pair):
    range: Annotated[MapRange, "Period to cover."] = MapRange.D1


@dataclass(frozen=True, kw_only=True)
class CoinMapRange(Coin):
    range: Annotated[MapRange, "Period to cover."] = MapRange.D1


@dataclass(frozen=True, kw_only=True)
class CoinTakerRange(Coin):
    range: Annotated[TakerRange, "Period to cover."] = TakerRange.H4


@dataclass(frozen=True, kw_only=True)
class LiquidationTotals(Params):
    symbol: Annotated[str | None, "Coin; left out: all coins together."] = None
    range: Annotated[LiquidationRange, "Period to cover."] = LiquidationRange.H24


@dataclass(frozen=True, kw_only=True)
class LiquidationOrders(Params):
    exchange: ExchangeName
    symbol: CoinSymbol
    min_usd: Annotated[float, "Smallest liquidation to list, in US dollars.", Wire("min_liquidation_amount")] = 10_000.0


@dataclass(frozen=True, kw_only=True)
class Page(Params):
    page: Annotated[int, "Page, from 1."]
    per_page: Annotated[int, "Rows on a page."]


@dataclass(frozen=True, kw_only=True)
class OptionsVolume(Coin):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD

    def query(self) -> dict[str, str]:
        """Here the unit is `USD` in capitals, or the coin's own symbol."""
        return super().query() | {"unit": "USD" if self.unit is Unit.USD else self.symbol}


@dataclass(frozen=True, kw_only=True)
class OptionsOpenInterest(OptionsVolume):
    range: Annotated[OptionsRange, "Period to cover."] = OptionsRange.ALL


@dataclass(frozen=True, kw_only=True)
class OptionsVenue(Coin):
    exchange: Annotated[str, "Options venue."] = "Deribit"


LookBack = Annotated[int, "Number of intervals that each point looks back over, from 1."]
PriceOfCandle = Annotated[SeriesType, "Price of each candle that the indicator is computed from."]


def check_windows(*windows: int) -> None:
    """Raises BadArgument for a window that holds no candle."""
    for window in windows:
        if window < 1:
            raise BadArgument(f"A window of an indicator is a number from 1, not {window}.")


@dataclass(frozen=True, kw_only=True)
class PairLookBack(PairSeries):
    """The window is always sent, because the documents show an example and no default: ours is that example."""

    window: LookBack = 14

    def __post_init__(self) -> None:
        check_windows(self.window)


@dataclass(frozen=True, kw_only=True)
class PairLookBackOnPrice(PairLookBack):
    series_type: PriceOfCandle = SeriesType.CLOSE


@dataclass(frozen=True, kw_only=True)
class PairMovingAverage(PairLookBackOnPrice):
    window: LookBack = 10


@dataclass(frozen=True, kw_only=True)
class PairBollingerBands(PairLookBackOnPrice):
    window: LookBack = 20
    multiplier: Annotated[float, "Distance of the bands from the middle, in standard deviations.", Wire("mult")] = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.multiplier <= 0:
            raise BadArgument(f"`multiplier` is a number above 0, not {self.multiplier:g}.")


@dataclass(frozen=True, kw_only=True)
class PairMACD(PairSeries):
    """As with the other windows, the documents' examples are our defaults."""

    series_type: PriceOfCandle = SeriesType.CLOSE
    fast_window: Annotated[int, "Intervals of the fast average, from 1."] = 12
    slow_window: Annotated[int, "Intervals of the slow average, from 1."] = 26
    signal_window: Annotated[int, "Intervals of the signal line, from 1; the answer has no such line."] = 9

    def __post_init__(self) -> None:
        check_windows(self.fast_window, self.slow_window, self.signal_window)


@dataclass(frozen=True, kw_only=True)
class AccumulatedFunding(Params):
    range: Annotated[FundingRange, "Period to add up."] = FundingRange.D1


@dataclass(frozen=True, kw_only=True)
class FundingArbitrage(Params):
    usd: Annotated[int, "Capital to allocate, in whole US dollars."]
    exchanges: Annotated[
        tuple[str, ...],
        'Exchanges to choose from, e.g. `["Binance", "OKX"]`. Left out: all.',
        Wire("exchange_list"),
    ] = ()

    def __post_init__(self) -> None:
        if self.usd < 1:
            raise BadArgument(f"`usd` is a number from 1, not {self.usd}.")

    def query(self) -> dict[str, str]:
        """Without the exchanges where all are meant."""
        return {wire: text for wire, text in super().query().items() if text}


@dataclass(frozen=True, kw_only=True)
class OpenInterestByExchange(Coin):
    range: Annotated[OpenInterestRange, "Period to cover."] = OpenInterestRange.ALL
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class MaxPain(Params):
    range: Annotated[MaxPainRange, "Period to cover."] = MaxPainRange.H24


HyperliquidCoin = Annotated[str, "Coin, e.g. `BTC`.", Wire("symbol")]


@dataclass(frozen=True, kw_only=True)
class HyperliquidSeries(Series):
    coin: HyperliquidCoin


@dataclass(frozen=True, kw_only=True)
class HyperliquidPage(Params):
    coin: HyperliquidCoin
    page: Annotated[int, "Page, from 1.", Wire("current_page")]


@dataclass(frozen=True, kw_only=True)
class Wallet(Params):
    address: Annotated[str, "Address of the wallet: `0x` and 40 hexadecimal digits.", Wire("user_address")]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", self.address):
            raise BadArgument(f"`address` is `0x` and 40 hexadecimal digits, not {self.address!r}.")


@dataclass(frozen=True, kw_only=True)
class PairSeriesInUsd(PairSeries):
    """The unit is sent so that it does not rest on a default."""

    unit: Annotated[Unit, Fixed()] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class PairLargeOrderHistory(Pair):
    from_: Annotated[datetime, "Start of the period.", Wire("start_time")]
    to: Annotated[datetime, "End of the period.", Wire("end_time")]
    state: Annotated[LargeOrderState, "What became of the orders."] = LargeOrderState.FINISHED

    def __post_init__(self) -> None:
        """Raises BadArgument for a period that makes no sense."""
        if self.from_ >= self.to:
            raise BadArgument("`from` must be before `to`.")


@dataclass(frozen=True, kw_only=True)
class CoinExchanges(Coin):
    """A coin's current figures, added up over exchanges."""

    exchanges: ExchangeNames


@dataclass(frozen=True, kw_only=True)
class BorrowSeries(CoinSeries):
    exchange: Annotated[BorrowVenue, "Exchange that lends."]


@dataclass(frozen=True, kw_only=True)
class Fund(Params):
    ticker: Annotated[str, "Ticker of the fund, e.g. `GBTC`."]


@dataclass(frozen=True, kw_only=True)
class FundOrAll(Params):
    ticker: Annotated[str | None, "Ticker of the fund, e.g. `GBTC`; left out: all funds."] = None


@dataclass(frozen=True, kw_only=True)
class FundPeriod(Fund):
    range: Annotated[FundRange, "Period to cover."] = FundRange.D7


@dataclass(frozen=True, kw_only=True)
class OfCoin(Params):
    coin: Annotated[str, "Coin, as CoinGlass writes it, e.g. `BTC`.", Wire("symbol")]


@dataclass(frozen=True, kw_only=True)
class TokenOfChain(Params):
    coin: Annotated[str, "Coin, e.g. `BTC`; a token of one chain is written like `USDT(ETH)`.", Wire("symbol")]


@dataclass(frozen=True, kw_only=True)
class ExchangePage(Page):
    exchange: ExchangeName


@dataclass(frozen=True, kw_only=True)
class ExchangeTransfers(Page):
    coin: Annotated[str | None, "ERC-20 token; left out: all of them.", Wire("symbol")] = None
    min_usd: Annotated[float | None, "Smallest transfer to list, in US dollars."] = None
    from_: Annotated[datetime | None, "Start of the window.", Wire("start_time")] = None


@dataclass(frozen=True, kw_only=True)
class Window(Params):
    """What happened from one time to another."""

    from_: Annotated[datetime | None, "Start of the window.", Wire("start_time")] = None
    to: Annotated[datetime | None, "End of the window.", Wire("end_time")] = None

    def __post_init__(self) -> None:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise BadArgument("`from` must not be after `to`.")


@dataclass(frozen=True, kw_only=True)
class WhaleTransfers(Window):
    coin: Annotated[str | None, "Coin; left out: all coins.", Wire("symbol")] = None


@dataclass(frozen=True, kw_only=True)
class CalendarWindow(Window):
    """The calendar reaches half a month either way."""

    from_: Annotated[datetime | None, "Start of the window, at most 15 days ago.", Wire("start_time")] = None
    to: Annotated[datetime | None, "End of the window, at most 15 days ahead.", Wire("end_time")] = None


@dataclass(frozen=True, kw_only=True)
class EconomicData(CalendarWindow):
    language: Annotated[CalendarLanguage | None, "Language; CoinGlass does not state its default."] = None


@dataclass(frozen=True, kw_only=True)
class Articles(Window, Page):
    language: Annotated[ArticleLanguage | None, "Language; CoinGlass does not state its default."] = None


@dataclass(frozen=True, kw_only=True)
class Newsflashes(Window, Page):
    language: Annotated[NewsflashLanguage | None, "Language; CoinGlass does not state its default."] = None
