"""One class = one upstream parameter list = GraphQL arguments = part of the cache key.

A field's annotation carries the argument's description, CoinGlass' name if it differs, and a value to try the endpoint
with. Values are sent as CoinGlass reads them: enums by value, times as integer milliseconds, lists joined by commas.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, ClassVar, dataclass_transform, get_type_hints

from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params.choices import Unit


@dataclass(frozen=True)
class SourceName:
    """CoinGlass' name of a parameter."""

    name: str


@dataclass(frozen=True)
class Fixed:
    """Marks a parameter that is always sent with its default and is no choice of the caller."""


class NameKind(Enum):
    """What a parameter names, of what CoinGlass lists."""

    COIN = "coin"
    EXCHANGE = "exchange"
    PAIR = "pair"
    FUND = "fund"
    OPTIONS_EXCHANGE = "options exchange"
    WALLET = "wallet"


@dataclass(frozen=True)
class Example:
    """A value to try the endpoint with; a timedelta is a time relative to now.

    A parameter without one needs none: it has a default, is optional, or is an enum.
    """

    value: object
    kind: NameKind | None = None


class ExistingName(Example):
    """An example that certainly exists: CoinGlass has no listing against which the parameter could be checked."""


@dataclass(frozen=True)
class ListedAs:
    """What a parameter names; a name for which CoinGlass has nothing is then looked up in that listing."""

    kind: NameKind


@dataclass(frozen=True)
class Gateable:
    """Marks a parameter of which a plan may include some values: a refusal is remembered for the refused value only."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
@dataclass(frozen=True, kw_only=True)
class Params:
    """Base class of all parameter classes, used itself by endpoints without parameters; subclasses become dataclasses.

    By field name: `source_names` are CoinGlass' names, in the order of declaration; `existing_names` are examples for
    parameters that no listing can check. `listed_names` are the kinds of those that a listing can check afterwards.
    `gateable` fields are those that a plan can limit.
    """

    source_names: ClassVar[Mapping[str, str]] = {}
    existing_names: ClassVar[Mapping[str, object]] = {}
    listed_names: ClassVar[Mapping[str, NameKind]] = {}
    gateable: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        hints = get_type_hints(cls, include_extras=True)
        marks = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items() if name not in _CLASS_NAMES}
        sources = {name: mark.name for name in marks for mark in marks[name] if isinstance(mark, SourceName)}
        cls.source_names = {name: sources.get(name, name) for name in marks}
        cls.existing_names = {
            name: mark.value for name in marks for mark in marks[name] if isinstance(mark, ExistingName)
        }
        cls.listed_names = {name: mark.kind for name in marks for mark in marks[name] if isinstance(mark, ListedAs)}
        cls.gateable = [name for name in marks if Gateable() in marks[name]]

    def __post_init__(self) -> None:
        for name in self.existing_names:
            check_name(name, getattr(self, name))
        self.check()

    def check(self) -> None:
        """Raise BadArgument for values that make no sense; subclasses with such values override this."""

    def query(self) -> dict[str, str]:
        """Return the query as CoinGlass reads it, without what was left out."""
        texts = {}
        for name, source_name in self.source_names.items():
            value = getattr(self, name)
            if value is not None and value != ():
                texts[source_name] = value if type(value) is str else _text(value)
        return texts

    def gated_values(self) -> tuple[object, ...]:
        """Return the values that a plan can limit, which are what a refusal of the call is about."""
        return tuple(getattr(self, name) for name in self.gateable)


_CLASS_NAMES = frozenset(Params.__annotations__)


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


ExchangeName = Annotated[str, "Exchange, e.g. `Binance`.", Example("Binance", NameKind.EXCHANGE)]
PairCode = Annotated[str, "The exchange's own code of the pair, e.g. `BTCUSDT`.", Example("BTCUSDT", NameKind.PAIR)]
CoinSymbol = Annotated[str, "Coin, e.g. `BTC`.", Example("BTC", NameKind.COIN)]
ExchangeNames = Annotated[
    tuple[str, ...],
    'Exchanges to add up, e.g. `["Binance", "OKX"]`. Left out: every exchange that lists the coin.',
    SourceName("exchange_list"),
    Example(("Binance",), NameKind.EXCHANGE),
]

_SUGGESTIONS = 3
DEPTHS = (0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0)
DepthPercent = Annotated[
    float, "Distance from the mid price, in percent: 0.25, 0.5, 0.75, 1, 2, 3, 5 or 10.", SourceName("range")
]


def check_depth(percent: float) -> None:
    """Raise BadArgument for a depth that CoinGlass does not sum up."""
    if percent not in DEPTHS:
        nearest = sorted(DEPTHS, key=lambda depth: abs(depth - percent))[:_SUGGESTIONS]
        raise BadArgument(
            f"depthPercent is one of {', '.join(f'{depth:g}' for depth in DEPTHS)}, not {percent:g}.",
            "depthPercent",
            [f"{depth:g}" for depth in nearest],
        )


def check_amount(argument: str, amount: float | None) -> None:
    """Raise BadArgument for an amount of money that is negative or infinite."""
    if amount is not None and not 0 <= amount < math.inf:
        raise BadArgument(f"`{argument}` is a number from 0, not {amount:g}.", argument)


def check_name(argument: str, name: str | None) -> None:
    """Raise BadArgument for a name without a letter or digit, which CoinGlass cannot know."""
    if name is not None and not any(map(str.isalnum, name)):
        raise BadArgument(f"`{argument}` is a name, not {name!r}.", argument)


class SeriesParams(Params):
    """A window of points: the newest `last`, or `from` to `to`."""

    interval: Annotated[Interval, "Time between two points, e.g. `H1` or `D1`.", Gateable()]
    last: Annotated[
        int | None,
        "Number of points: the newest ones, or the last ones up to `to`. The current, unfinished one counts. "
        "Without `last` and `from`: 100.",
        SourceName("limit"),
        Example(10),
    ] = None
    from_: Annotated[
        datetime | None, "Start of the window, inclusive. Not together with `last`.", SourceName("start_time")
    ] = None
    to: Annotated[datetime | None, "End of the window, inclusive. Left out: now.", SourceName("end_time")] = None


class PairSeries(SeriesParams):
    exchange: ExchangeName
    symbol: PairCode


class PairSeriesInUnit(PairSeries):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


class PairDepthSeries(PairSeries):
    depth_percent: DepthPercent = 1.0

    def check(self) -> None:
        check_depth(self.depth_percent)


class CoinSeries(SeriesParams):
    symbol: CoinSymbol


class CoinSeriesInUnit(CoinSeries):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


class ExchangesSeries(CoinSeries):
    """A coin's figures, added up over exchanges."""

    exchanges: ExchangeNames


class ExchangesSeriesInUsd(ExchangesSeries):
    """The unit is sent because no default is documented; the answer's fields say `_usd` for either."""

    unit: Annotated[Unit, Fixed()] = Unit.USD


class ExchangesDepthSeries(ExchangesSeries):
    depth_percent: DepthPercent = 1.0

    def check(self) -> None:
        check_depth(self.depth_percent)


class CoinParams(Params):
    symbol: CoinSymbol


class ExchangeParams(Params):
    exchange: ExchangeName


class PairParams(Params):
    exchange: ExchangeName
    symbol: PairCode


class PageParams(Params):
    page: Annotated[int, "Page, from 1.", Example(1)]
    per_page: Annotated[int, "Rows on a page.", Example(10)]


class ChosenExchanges(Params):
    exchanges: Annotated[
        tuple[str, ...], 'Exchanges to add up, e.g. `["Binance", "OKX"]`. Left out: all.', SourceName("exchange_list")
    ] = ()


class CoinMarketsPage(ChosenExchanges, PageParams):
    """A page of the coins' markets."""


HyperliquidCoin = Annotated[str, "Coin, e.g. `BTC`.", SourceName("symbol"), Example("BTC")]


class PairSeriesInUsd(PairSeries):
    """The unit is sent explicitly, whatever the default."""

    unit: Annotated[Unit, Fixed()] = Unit.USD


class CoinExchanges(CoinParams):
    """A coin's current figures, added up over exchanges."""

    exchanges: ExchangeNames
