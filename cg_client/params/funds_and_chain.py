"""Parameters of funds, on-chain data, the calendar and news."""

from datetime import datetime
from typing import Annotated

from cg_client.errors import BadArgument
from cg_client.params.choices import CryptoArticleLanguage, EconomicCalendarLanguage, FundRange, NewsflashLanguage
from cg_client.params.core import (
    ExchangeName,
    ExistingName,
    Gateable,
    ListedAs,
    NameKind,
    PageParams,
    Params,
    SourceName,
    check_amount,
    check_name,
)


class FundParams(Params):
    ticker: Annotated[
        str, "Ticker of the fund, e.g. `GBTC`.", ExistingName("GBTC", NameKind.FUND), ListedAs(NameKind.FUND)
    ]


class FundOrAll(Params):
    ticker: Annotated[
        str | None,
        "Ticker of the fund, e.g. `GBTC`; left out: all funds.",
        ExistingName("GBTC"),
        ListedAs(NameKind.FUND),
    ] = None


class FundPeriod(FundParams):
    range: Annotated[FundRange, "Period to cover.", Gateable()] = FundRange.D7


class OfCoin(Params):
    coin: Annotated[
        str,
        "Coin, as CoinGlass writes it, e.g. `BTC`.",
        SourceName("symbol"),
        ExistingName("BTC"),
        ListedAs(NameKind.COIN),
    ]


class VestedCoin(OfCoin):
    """A coin of which a part is locked; BTC is not."""

    coin: Annotated[
        str,
        "Coin, as CoinGlass writes it, e.g. `BTC`.",
        SourceName("symbol"),
        ExistingName("HYPE"),
        ListedAs(NameKind.COIN),
    ]


class TokenOfChain(Params):
    coin: Annotated[
        str,
        "Coin, e.g. `BTC`; a token of one chain is written like `USDT(ETH)`.",
        SourceName("symbol"),
        ExistingName("BTC"),
        ListedAs(NameKind.COIN),
    ]


class ExchangePage(PageParams):
    exchange: ExchangeName


class ExchangeTransfersParams(PageParams):
    coin: Annotated[
        str | None, "ERC-20 token; left out: all of them.", SourceName("symbol"), ListedAs(NameKind.COIN)
    ] = None
    min_usd: Annotated[float | None, "Smallest transfer to list, in US dollars."] = None
    from_: Annotated[datetime | None, "Start of the window.", SourceName("start_time")] = None

    def check(self) -> None:
        check_name("coin", self.coin)
        check_amount("minUsd", self.min_usd)


class WindowParams(Params):
    """What happened from one time to another."""

    from_: Annotated[datetime | None, "Start of the window.", SourceName("start_time")] = None
    to: Annotated[datetime | None, "End of the window.", SourceName("end_time")] = None

    def check(self) -> None:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise BadArgument("`from` must not be after `to`.", "from")


class WhaleTransfersParams(WindowParams):
    coin: Annotated[
        str | None, "Coin; left out: all coins.", SourceName("symbol"), ExistingName("BTC"), ListedAs(NameKind.COIN)
    ] = None


class CalendarWindow(WindowParams):
    """The calendar reaches half a month either way."""

    from_: Annotated[datetime | None, "Start of the window, at most 15 days ago.", SourceName("start_time")] = None
    to: Annotated[datetime | None, "End of the window, at most 15 days ahead.", SourceName("end_time")] = None


class EconomicDataParams(CalendarWindow):
    language: Annotated[EconomicCalendarLanguage | None, "Language; CoinGlass does not state its default."] = None


class Articles(WindowParams, PageParams):
    language: Annotated[CryptoArticleLanguage | None, "Language; CoinGlass does not state its default."] = None


class Newsflashes(WindowParams, PageParams):
    language: Annotated[NewsflashLanguage | None, "Language; CoinGlass does not state its default."] = None
