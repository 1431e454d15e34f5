"""One fund in full: its register entry, and its latest session, quote and trade."""

from datetime import datetime
from typing import Annotated

import strawberry

from vocabulary.fields import value
from vocabulary.payloads import Sourced
from vocabulary.problems import Problems, result


@strawberry.type(description="Address of a fund.")
class FundAddress:
    json: Annotated[str | None, value("Street, city, state and postal code, as a JSON document.", wire="address_1")]


@strawberry.type(description="What a fund is registered with.")
class FundRegister:
    id: Annotated[strawberry.ID, value("Identity at CoinGlass.")]
    ticker: Annotated[str, value("Ticker.")]
    root: Annotated[str | None, value("Root of the ticker.", wire="ticker_root")]
    name: Annotated[str | None, value("Name.")]
    market: Annotated[str | None, value("Market, e.g. `stocks`.")]
    region: Annotated[str | None, value("Region, as CoinGlass codes it.")]
    primary_exchange: Annotated[str | None, value("Code of the exchange where it is listed.")]
    security_type: Annotated[str | None, value("Type of security, e.g. `ETV`.", wire="fund_type")]
    kind: Annotated[str | None, value("Kind of fund, e.g. `Spot`.", wire="type2")]
    asset: Annotated[str | None, value("Coin that it holds.", wire="tag")]
    active: Annotated[bool | None, value("Whether it is traded.")]
    status: Annotated[strawberry.ID | None, value("State, as CoinGlass codes it.")]
    currency: Annotated[str | None, value("Currency of its shares.", wire="currency_name")]
    cik: Annotated[str | None, value("Central Index Key at the SEC.", wire="cik_code")]
    composite_figi: Annotated[str | None, value("Composite FIGI.")]
    share_class_figi: Annotated[str | None, value("FIGI of the share class.")]
    sic_code: Annotated[str | None, value("Standard Industrial Classification.")]
    sic_description: Annotated[str | None, value("Words of the Standard Industrial Classification.")]
    phone: Annotated[str | None, value("Telephone number.", wire="phone_number")]
    address: Annotated[FundAddress | None, value("Address.")]
    listed: Annotated[datetime | None, value("Listing.", wire="list_date")]
    shares_outstanding: Annotated[
        float | None, value("Shares of the class outstanding.", wire="share_class_shares_outstanding")
    ]
    round_lot: Annotated[float | None, value("Shares of a round lot.")]
    updated: Annotated[datetime | None, value("When the entry was taken.", wire="update_time")]


@strawberry.type(description="Prices of the latest session, in US dollars.")
class FundSession:
    price_usd: Annotated[float | None, value("Price now, in US dollars.", wire="price")]
    change_usd: Annotated[float | None, value("Change, in US dollars.", wire="change")]
    change_percent: Annotated[float | None, value("Change, in percent.")]
    early_change_usd: Annotated[
        float | None, value("Change before the opening, in US dollars.", wire="early_trading_change")
    ]
    early_change_percent: Annotated[
        float | None, value("Change before the opening, in percent.", wire="early_trading_change_percent")
    ]
    open: Annotated[float | None, value("First price, in US dollars.")]
    high: Annotated[float | None, value("Highest price, in US dollars.")]
    low: Annotated[float | None, value("Lowest price, in US dollars.")]
    close: Annotated[float | None, value("Last price, in US dollars.")]
    previous_close: Annotated[float | None, value("Last price of the session before, in US dollars.")]
    volume: Annotated[float | None, value("Shares traded.")]


@strawberry.type(description="The best offers.")
class FundQuote:
    time: Annotated[datetime | None, value("When.", wire="last_updated")]
    timeliness: Annotated[str | None, value("How timely it is, e.g. `REAL-TIME`.", wire="timeframe")]
    ask_usd: Annotated[float | None, value("Lowest asking price, in US dollars.", wire="ask")]
    ask_size: Annotated[float | None, value("Size asked, as CoinGlass gives it.")]
    ask_venue: Annotated[strawberry.ID | None, value("Code of the venue that asks.", wire="ask_exchange")]
    bid_usd: Annotated[float | None, value("Highest price bid, in US dollars.", wire="bid")]
    bid_size: Annotated[float | None, value("Size bid, as CoinGlass gives it.")]
    bid_venue: Annotated[strawberry.ID | None, value("Code of the venue that bids.", wire="bid_exchange")]


@strawberry.type(description="The latest trade.")
class FundTrade:
    id: Annotated[strawberry.ID | None, value("Identity of the trade.")]
    time: Annotated[datetime | None, value("When.", wire="last_updated")]
    timeliness: Annotated[str | None, value("How timely it is, e.g. `REAL-TIME`.", wire="timeframe")]
    price_usd: Annotated[float | None, value("Price, in US dollars.", wire="price")]
    size: Annotated[float | None, value("Shares.")]
    venue: Annotated[strawberry.ID | None, value("Code of the venue.", wire="exchange")]
    conditions: Annotated[list[strawberry.ID] | None, value("Codes of its conditions.")]


@strawberry.type(description="How a fund did over longer periods.")
class FundPerformance:
    low_52w_usd: Annotated[float | None, value("Lowest price of 52 weeks, in US dollars.", wire="low_price_52week")]
    low_52w_time: Annotated[datetime | None, value("Day of that price.", wire="low_price_52week_date")]
    high_52w_usd: Annotated[float | None, value("Highest price of 52 weeks, in US dollars.", wire="high_price_52week")]
    high_52w_time: Annotated[datetime | None, value("Day of that price.", wire="high_price_52week_date")]
    year_to_date_percent: Annotated[
        float | None, value("Change since the start of the year, in percent.", wire="ydt_change_percent")
    ]
    year_percent: Annotated[float | None, value("Change over a year, in percent.", wire="year_change_percent")]
    # The upstream name says `usd`; the sample's figure is of the size of a volume in shares.
    average_volume_10d: Annotated[
        float | None, value("Average volume of 10 days. CoinGlass does not state the unit.", wire="avg_vol_usd_10d")
    ]


@strawberry.type(description="A fund in full.")
class FundDetail(Sourced):
    ticker: Annotated[str, value("Ticker.")]
    name: Annotated[str | None, value("Name.")]
    market: Annotated[str | None, value("Market, e.g. `stocks`.", wire="type")]
    market_status: Annotated[str | None, value("State of the trading session, as CoinGlass words it.")]
    register: Annotated[FundRegister | None, value("What it is registered with.", wire="ticker_info")]
    session: Annotated[FundSession | None, value("Prices of the latest session.")]
    quote: Annotated[FundQuote | None, value("The best offers.", wire="last_quote")]
    trade: Annotated[FundTrade | None, value("The latest trade.", wire="last_trade")]
    performance: Annotated[FundPerformance | None, value("How it did over longer periods.")]


FundDetailResult = Annotated[FundDetail | Problems, result("FundDetail")]
