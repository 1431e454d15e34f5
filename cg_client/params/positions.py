"""Parameters of lists and series with a period, a venue or a size: liquidations, options, wallets."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params import choices
from cg_client.params.core import (
    CoinParams,
    CoinSeries,
    CoinSymbol,
    Example,
    ExchangeName,
    ExistingName,
    Gateable,
    HyperliquidCoin,
    ListedAs,
    NameKind,
    PairParams,
    Params,
    SeriesParams,
    SourceName,
    check_amount,
)

# Histories by wallet tag also come every 10 minutes, which is no interval of any other endpoint and not of the graph's.
TAG_INTERVALS = (Interval.H1, Interval.D1)
TAG_ROWS = 1000


class PairRange(PairParams):
    range: Annotated[choices.Range, "Period to cover.", Gateable()] = choices.Range.D3


class CoinRange(CoinParams):
    range: Annotated[choices.Range, "Period to cover.", Gateable()] = choices.Range.D3


class PairMapRange(PairParams):
    range: Annotated[choices.MapRange, "Period to cover.", Gateable()] = choices.MapRange.D1


class CoinMapRange(CoinParams):
    range: Annotated[choices.MapRange, "Period to cover.", Gateable()] = choices.MapRange.D1


class CoinTakerRange(CoinParams):
    range: Annotated[choices.TakerRange, "Period to cover.", Gateable()] = choices.TakerRange.H4


class LiquidationTotalsParams(Params):
    symbol: Annotated[
        str | None, "Coin; left out: all coins together.", ExistingName("BTC"), ListedAs(NameKind.COIN)
    ] = None
    range: Annotated[choices.LiquidationRange, "Period to cover.", Gateable()] = choices.LiquidationRange.H24


class LiquidationOrdersParams(Params):
    exchange: ExchangeName
    symbol: CoinSymbol
    min_usd: Annotated[float, "Smallest liquidation to list, in US dollars.", SourceName("min_liquidation_amount")] = (
        10_000.0
    )
    from_: Annotated[
        datetime | None, "Start of the window, inclusive. CoinGlass keeps seven days.", SourceName("start_time")
    ] = None
    to: Annotated[datetime | None, "End of the window, inclusive. Left out: now.", SourceName("end_time")] = None

    def check(self) -> None:
        """Raise BadArgument for a contradictory window or an impossible amount."""
        check_amount("minUsd", self.min_usd)
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise BadArgument("`from` must not be after `to`.", "from")


class OptionsVolume(CoinParams):
    unit: Annotated[choices.Unit, "What the figures are stated in."] = choices.Unit.USD

    def query(self) -> dict[str, str]:
        """Send the unit as `USD` in capitals, or as the symbol of the coin."""
        return super().query() | {"unit": "USD" if self.unit is choices.Unit.USD else self.symbol}


class OptionsOpenInterest(OptionsVolume):
    range: Annotated[choices.OptionsRange, "Period to cover.", Gateable()] = choices.OptionsRange.ALL


OPTIONS_EXCHANGES = ("Deribit", "CME", "OKX", "Bybit", "Binance")
_BY_LOWER_CASE = {name.lower(): name for name in OPTIONS_EXCHANGES}


class OptionsVenue(CoinParams):
    exchange: Annotated[
        str, "Options venue, in any case.", ExistingName("Deribit"), ListedAs(NameKind.OPTIONS_EXCHANGE)
    ] = "Deribit"

    def query(self) -> dict[str, str]:
        """Send a known venue by CoinGlass' name: in other capitals it answers an empty list."""
        return super().query() | {"exchange": _BY_LOWER_CASE.get(self.exchange.strip().lower(), self.exchange)}


class AccumulatedFunding(Params):
    range: Annotated[choices.FundingRange, "Period to add up.", Gateable()] = choices.FundingRange.D1


class FundingArbitrageParams(Params):
    usd: Annotated[int, "Capital to allocate, in whole US dollars.", Example(10_000)]
    exchanges: Annotated[
        tuple[str, ...],
        'Exchanges to choose from, e.g. `["Binance", "OKX"]`. Left out: all.',
        SourceName("exchange_list"),
    ] = ()

    def check(self) -> None:
        if self.usd < 1:
            raise BadArgument(f"`usd` is a number from 1, not {self.usd}.", "usd")


class OpenInterestByExchangeParams(CoinParams):
    range: Annotated[choices.OpenInterestRange, "Period to cover.", Gateable()] = choices.OpenInterestRange.ALL
    unit: Annotated[choices.Unit, "What the figures are stated in."] = choices.Unit.USD


class MaxPain(Params):
    range: Annotated[choices.MaxPainRange, "Period to cover.", Gateable()] = choices.MaxPainRange.H24


class HyperliquidSeries(SeriesParams):
    coin: HyperliquidCoin


class HyperliquidTagSeries(HyperliquidSeries):
    tag: Annotated[choices.WalletTag, "Tag of the wallets.", SourceName("wallet_tag")]


class HyperliquidTagHistory(Params):
    """The window is sent to CoinGlass: rows without a time cannot be cut to it here."""

    tag: Annotated[choices.WalletTag, "Tag of the wallets.", SourceName("wallet_tag")]
    interval: Annotated[Interval, "Distance between two rows: H1 or D1.", Gateable()]
    last: Annotated[int | None, f"Number of rows, up to {TAG_ROWS}. Not together with `from`.", SourceName("limit")] = (
        None
    )
    from_: Annotated[
        datetime | None, "Start of the window, inclusive; there are none before 2026-03-20.", SourceName("start_time")
    ] = None
    to: Annotated[datetime | None, "End of the window, inclusive. Left out: now.", SourceName("end_time")] = None

    def check(self) -> None:
        """Raise BadArgument for a contradictory window."""
        if self.interval not in TAG_INTERVALS:
            raise BadArgument(f"This list has the intervals H1 and D1, not {self.interval.name}.")
        if self.last is not None and self.from_ is not None:
            raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.")
        if self.last is not None and not 1 <= self.last <= TAG_ROWS:
            raise BadArgument(f"`last` is a number from 1 to {TAG_ROWS}, not {self.last}.")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise BadArgument("`from` must not be after `to`.")


class HyperliquidPage(Params):
    coin: HyperliquidCoin
    page: Annotated[int, "Page, from 1.", SourceName("current_page"), Example(1)]


class Wallet(Params):
    address: Annotated[
        str,
        "Address of the wallet: `0x` and 40 hexadecimal digits.",
        SourceName("user_address"),
        Example("0x20c2d95a3dfdca9e9ad12794d5fa6fad99da44f5", NameKind.WALLET),  # of the documented whale positions
    ]

    def check(self) -> None:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", self.address):
            raise BadArgument(f"`address` is `0x` and 40 hexadecimal digits, not {self.address!r}.", "address")


class PairLargeOrderHistory(PairParams):
    from_: Annotated[datetime, "Start of the period.", SourceName("start_time"), Example(timedelta(days=-1))]
    to: Annotated[datetime, "End of the period.", SourceName("end_time"), Example(timedelta())]
    state: Annotated[choices.LargeOrderState, "What became of the orders."] = choices.LargeOrderState.FINISHED

    def check(self) -> None:
        """Raise BadArgument for a contradictory period."""
        if self.from_ >= self.to:
            raise BadArgument("`from` must be before `to`.", "from")


class BorrowSeries(CoinSeries):
    exchange: Annotated[choices.BorrowVenue, "Exchange that lends."]
