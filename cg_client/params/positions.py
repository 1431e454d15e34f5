"""Parameters of lists and series with a period, a venue or a size of their own: liquidations, options, wallets."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from cg_client.errors import BadArgument
from cg_client.intervals import (
    BorrowVenue,
    FundingRange,
    LargeOrderState,
    LiquidationRange,
    MapRange,
    MaxPainRange,
    OpenInterestRange,
    OptionsRange,
    Range,
    TakerRange,
    Unit,
)
from cg_client.params.core import (
    Coin,
    CoinSeries,
    CoinSymbol,
    Example,
    ExchangeName,
    Gateable,
    HyperliquidCoin,
    Known,
    NameKind,
    Pair,
    Params,
    Series,
    Wire,
    check_amount,
    check_name,
)


@dataclass(frozen=True, kw_only=True)
class PairRange(Pair):
    range: Annotated[Range, "Period to cover.", Gateable()] = Range.D3


@dataclass(frozen=True, kw_only=True)
class CoinRange(Coin):
    range: Annotated[Range, "Period to cover.", Gateable()] = Range.D3


@dataclass(frozen=True, kw_only=True)
class PairMapRange(Pair):
    range: Annotated[MapRange, "Period to cover.", Gateable()] = MapRange.D1


@dataclass(frozen=True, kw_only=True)
class CoinMapRange(Coin):
    range: Annotated[MapRange, "Period to cover.", Gateable()] = MapRange.D1


@dataclass(frozen=True, kw_only=True)
class CoinTakerRange(Coin):
    range: Annotated[TakerRange, "Period to cover.", Gateable()] = TakerRange.H4


@dataclass(frozen=True, kw_only=True)
class LiquidationTotals(Params):
    symbol: Annotated[str | None, "Coin; left out: all coins together.", Known("BTC")] = None
    range: Annotated[LiquidationRange, "Period to cover.", Gateable()] = LiquidationRange.H24

    def __post_init__(self) -> None:
        check_name("symbol", self.symbol)


@dataclass(frozen=True, kw_only=True)
class LiquidationOrders(Params):
    exchange: ExchangeName
    symbol: CoinSymbol
    min_usd: Annotated[float, "Smallest liquidation to list, in US dollars.", Wire("min_liquidation_amount")] = 10_000.0

    def __post_init__(self) -> None:
        check_amount("minUsd", self.min_usd)


@dataclass(frozen=True, kw_only=True)
class OptionsVolume(Coin):
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD

    def query(self) -> dict[str, str]:
        """Here the unit is `USD` in capitals, or the coin's own symbol."""
        return super().query() | {"unit": "USD" if self.unit is Unit.USD else self.symbol}


@dataclass(frozen=True, kw_only=True)
class OptionsOpenInterest(OptionsVolume):
    range: Annotated[OptionsRange, "Period to cover.", Gateable()] = OptionsRange.ALL


@dataclass(frozen=True, kw_only=True)
class OptionsVenue(Coin):
    exchange: Annotated[str, "Options venue.", Known("Deribit")] = "Deribit"

    def __post_init__(self) -> None:
        check_name("exchange", self.exchange)


@dataclass(frozen=True, kw_only=True)
class AccumulatedFunding(Params):
    range: Annotated[FundingRange, "Period to add up.", Gateable()] = FundingRange.D1


@dataclass(frozen=True, kw_only=True)
class FundingArbitrage(Params):
    usd: Annotated[int, "Capital to allocate, in whole US dollars.", Example(10_000)]
    exchanges: Annotated[
        tuple[str, ...],
        'Exchanges to choose from, e.g. `["Binance", "OKX"]`. Left out: all.',
        Wire("exchange_list"),
    ] = ()

    def __post_init__(self) -> None:
        if self.usd < 1:
            raise BadArgument(f"`usd` is a number from 1, not {self.usd}.", "usd")

    def query(self) -> dict[str, str]:
        """Without the exchanges where all are meant."""
        return {wire: text for wire, text in super().query().items() if text}


@dataclass(frozen=True, kw_only=True)
class OpenInterestByExchange(Coin):
    range: Annotated[OpenInterestRange, "Period to cover.", Gateable()] = OpenInterestRange.ALL
    unit: Annotated[Unit, "What the figures are stated in."] = Unit.USD


@dataclass(frozen=True, kw_only=True)
class MaxPain(Params):
    range: Annotated[MaxPainRange, "Period to cover.", Gateable()] = MaxPainRange.H24


@dataclass(frozen=True, kw_only=True)
class HyperliquidSeries(Series):
    coin: HyperliquidCoin


@dataclass(frozen=True, kw_only=True)
class HyperliquidPage(Params):
    coin: HyperliquidCoin
    page: Annotated[int, "Page, from 1.", Wire("current_page"), Example(1)]


@dataclass(frozen=True, kw_only=True)
class Wallet(Params):
    address: Annotated[
        str,
        "Address of the wallet: `0x` and 40 hexadecimal digits.",
        Wire("user_address"),
        Example("0x20c2d95a3dfdca9e9ad12794d5fa6fad99da44f5", NameKind.WALLET),  # of the documented whale positions
    ]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", self.address):
            raise BadArgument(f"`address` is `0x` and 40 hexadecimal digits, not {self.address!r}.", "address")


@dataclass(frozen=True, kw_only=True)
class PairLargeOrderHistory(Pair):
    from_: Annotated[datetime, "Start of the period.", Wire("start_time"), Example(timedelta(days=-1))]
    to: Annotated[datetime, "End of the period.", Wire("end_time"), Example(timedelta())]
    state: Annotated[LargeOrderState, "What became of the orders."] = LargeOrderState.FINISHED

    def __post_init__(self) -> None:
        """Raises BadArgument for a period that makes no sense."""
        if self.from_ >= self.to:
            raise BadArgument("`from` must be before `to`.", "from")


@dataclass(frozen=True, kw_only=True)
class BorrowSeries(CoinSeries):
    exchange: Annotated[BorrowVenue, "Exchange that lends."]
