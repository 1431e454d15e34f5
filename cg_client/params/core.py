"""One class = one upstream parameter list = GraphQL arguments = part of the cache key.

A field's annotation carries what the argument's description says, where it differs the upstream name, and a value to
try the endpoint out with. Values are sent as upstream spells them: enums by value, times as integer milliseconds,
lists joined by commas.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, get_type_hints

from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params.enums import Unit


@dataclass(frozen=True)
class Wire:
    """The upstream name of a parameter."""

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
    WALLET = "wallet"


@dataclass(frozen=True)
class Example:
    """A value with which the endpoint can be tried out; a timedelta is a time relative to now.

    A parameter without one needs none: it has a default, may be left out, or is an enum. `kind` tells names.
    """

    value: object
    kind: NameKind | None = None


@dataclass(frozen=True)
class Known:
    """Marks a name that no listing was looked through for, with one that CoinGlass does know; it is an example, too."""

    name: str
    kind: NameKind | None = None


@dataclass(frozen=True)
class Gateable:
    """Marks a parameter whose values a plan can include one by one: a refusal of one says nothing about the others."""


@dataclass(frozen=True, kw_only=True)
class Params:
    """No parameters at all, and the root of those that have some."""

    def query(self) -> dict[str, str]:
        """Return the query string as upstream reads it, without what was left open."""
        return {
            wire: value if type(value) is str else _text(value)
            for name, wire in wire_names(type(self)).items()
            if (value := getattr(self, name)) is not None
        }


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
    known = _WIRE_NAMES.get(params)
    if known is None:
        hints = get_type_hints(params, include_extras=True)
        known = {field.name: _wire(field.name, hints[field.name]) for field in dataclasses.fields(params)}
        _WIRE_NAMES[params] = known
    return known


def known_names(params: type[Params]) -> Mapping[str, str]:
    """Return a name that CoinGlass knows by field name, of the fields whose names are looked up by CoinGlass alone."""
    return {name: mark.name for name, found in _marks(params) for mark in found if isinstance(mark, Known)}


_GATEABLE: dict[type[Params], tuple[str, ...]] = {}


def gated_values(params: Params) -> tuple[object, ...]:
    """Return the values of the parameters that a plan can limit, which are what a refusal of the call is about."""
    kind = type(params)
    names = _GATEABLE.get(kind)
    if names is None:
        names = _GATEABLE[kind] = tuple(name for name, found in _marks(kind) if Gateable() in found)
    return tuple(getattr(params, name) for name in names)


def _marks(params: type[Params]) -> Sequence[tuple[str, tuple[object, ...]]]:
    hints = get_type_hints(params, include_extras=True)
    return [(field.name, getattr(hints[field.name], "__metadata__", ())) for field in dataclasses.fields(params)]


def _wire(name: str, hint: object) -> str:
    marks = getattr(hint, "__metadata__", ())
    return next((mark.name for mark in marks if isinstance(mark, Wire)), name)


ExchangeName = Annotated[str, "Exchange, e.g. `Binance`.", Example("Binance", NameKind.EXCHANGE)]


PairCode = Annotated[str, "The exchange's own code of the pair, e.g. `BTCUSDT`.", Example("BTCUSDT", NameKind.PAIR)]


CoinSymbol = Annotated[str, "Coin, e.g. `BTC`.", Example("BTC", NameKind.COIN)]


ExchangeNames = Annotated[
    tuple[str, ...],
    'Exchanges to add up, e.g. `["Binance", "OKX"]`. Left out: every exchange that lists the coin.',
    Wire("exchange_list"),
    Example(("Binance",), NameKind.EXCHANGE),
]


_SUGGESTIONS = 3
DEPTHS = (0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0)


DepthPercent = Annotated[
    float, "Distance from the mid price, in percent: 0.25, 0.5, 0.75, 1, 2, 3, 5 or 10.", Wire("range")
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


@dataclass(frozen=True, kw_only=True)
class Series(Params):
    """A window of points: the newest `last`, or `from` to `to`."""

    interval: Annotated[Interval, "Distance between two points.", Gateable()]
    last: Annotated[
        int | None,
        "Number of newest points, the one under way included; up to `to`, if that is given. Without `last` and "
        "`from`: 100.",
        Wire("limit"),
        Example(10),
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
class Page(Params):
    page: Annotated[int, "Page, from 1.", Example(1)]
    per_page: Annotated[int, "Rows on a page.", Example(10)]


@dataclass(frozen=True, kw_only=True)
class ChosenExchanges(Params):
    exchanges: Annotated[
        tuple[str, ...], 'Exchanges to add up, e.g. `["Binance", "OKX"]`. Left out: all.', Wire("exchange_list")
    ] = ()

    def query(self) -> dict[str, str]:
        """Without the exchanges where all are meant."""
        return {wire: text for wire, text in super().query().items() if text}


@dataclass(frozen=True, kw_only=True)
class CoinMarketsPage(ChosenExchanges, Page):
    """A page of the coins' markets."""


HyperliquidCoin = Annotated[str, "Coin, e.g. `BTC`.", Wire("symbol"), Example("BTC")]


@dataclass(frozen=True, kw_only=True)
class PairSeriesInUsd(PairSeries):
    """The unit is sent so that it does not rest on a default."""

    unit: Annotated[Unit, Fixed()] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class CoinExchanges(Coin):
    """A coin's current figures, added up over exchanges."""

    exchanges: ExchangeNames
