"""One fund in full: its register entry, and its latest session, quote and trade."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.source import Sourced


@strawberry.type(description="Postal address of a fund.")
class FundAddress:
    json: Annotated[
        str | None, sparse("Street, city, state and postal code, as a JSON document.", source_name="address_1")
    ]


@strawberry.type(description="Registration of a fund: listing, codes, address.")
class FundRegister:
    id: Annotated[strawberry.ID | None, value("Identity at CoinGlass.")]
    ticker: Annotated[str | None, value("Ticker of the fund.")]
    root: Annotated[str | None, sparse("Root of the ticker.", source_name="ticker_root")]
    name: Annotated[str | None, sparse("Name of the fund.")]
    market: Annotated[str | None, sparse("Market, e.g. `stocks`.")]
    region: Annotated[str | None, sparse("Region, as CoinGlass codes it.")]
    primary_exchange: Annotated[str | None, sparse("Code of the exchange where it is listed.")]
    security_type: Annotated[str | None, sparse("Type of security, e.g. `ETV`.", source_name="fund_type")]
    kind: Annotated[str | None, sparse("Kind of fund, e.g. `Spot`.", source_name="type2")]
    asset: Annotated[str | None, sparse("Coin that the fund holds.", source_name="tag")]
    active: Annotated[bool | None, sparse("Whether the fund is traded.")]
    status: Annotated[strawberry.ID | None, sparse("State, as CoinGlass codes it.")]
    currency: Annotated[str | None, sparse("Currency of its shares.", source_name="currency_name")]
    cik: Annotated[str | None, sparse("Central Index Key at the SEC.", source_name="cik_code")]
    composite_figi: Annotated[str | None, sparse("Composite FIGI, an identifier of the share.")]
    share_class_figi: Annotated[str | None, sparse("FIGI of the share class, an identifier.")]
    sic_code: Annotated[str | None, sparse("Code of the Standard Industrial Classification.")]
    sic_description: Annotated[str | None, sparse("Name of that classification.")]
    phone: Annotated[str | None, sparse("Telephone number.", source_name="phone_number")]
    address: Annotated[FundAddress | None, sparse("Postal address.")]
    listed: Annotated[datetime | None, sparse("Day of the listing.", source_name="list_date")]
    shares_outstanding: Annotated[
        float | None, sparse("Shares of the class outstanding.", source_name="share_class_shares_outstanding")
    ]
    round_lot: Annotated[float | None, sparse("Shares of a round lot.")]
    updated: Annotated[datetime | None, sparse("When the entry was taken.", source_name="update_time")]


@strawberry.type(description="Prices of the latest session, in US dollars.")
class FundSession:
    price_usd: Annotated[float | None, sparse("Price now, in US dollars.", source_name="price")]
    change_usd: Annotated[float | None, sparse("Change of the price, in US dollars.", source_name="change")]
    change_percent: Annotated[float | None, sparse("Change of the price, in percent.")]
    early_change_usd: Annotated[
        float | None, sparse("Change before the opening, in US dollars.", source_name="early_trading_change")
    ]
    early_change_percent: Annotated[
        float | None, sparse("Change before the opening, in percent.", source_name="early_trading_change_percent")
    ]
    open: Annotated[float | None, sparse("First price, in US dollars.")]
    high: Annotated[float | None, sparse("Highest price, in US dollars.")]
    low: Annotated[float | None, sparse("Lowest price, in US dollars.")]
    close: Annotated[float | None, sparse("Last price, in US dollars.")]
    previous_close: Annotated[float | None, sparse("Last price of the session before, in US dollars.")]
    volume: Annotated[float | None, sparse("Shares traded.")]


@strawberry.type(description="Best bid and ask of a fund's share.")
class FundQuote:
    time: Annotated[datetime | None, sparse("Time of the quote or trade.", source_name="last_updated")]
    timeliness: Annotated[str | None, sparse("How timely it is, e.g. `REAL-TIME`.", source_name="timeframe")]
    ask_usd: Annotated[float | None, sparse("Lowest asking price, in US dollars.", source_name="ask")]
    ask_size: Annotated[float | None, sparse("Size asked, as CoinGlass gives it.")]
    ask_venue: Annotated[strawberry.ID | None, sparse("Code of the venue that asks.", source_name="ask_exchange")]
    bid_usd: Annotated[float | None, sparse("Highest price bid, in US dollars.", source_name="bid")]
    bid_size: Annotated[float | None, sparse("Size bid, as CoinGlass gives it.")]
    bid_venue: Annotated[strawberry.ID | None, sparse("Code of the venue that bids.", source_name="bid_exchange")]


@strawberry.type(description="The latest trade of a fund's share.")
class FundTrade:
    id: Annotated[strawberry.ID | None, sparse("Identity of the trade.")]
    time: Annotated[datetime | None, sparse("Time of the quote or trade.", source_name="last_updated")]
    timeliness: Annotated[str | None, sparse("How timely it is, e.g. `REAL-TIME`.", source_name="timeframe")]
    price_usd: Annotated[float | None, sparse("Price, in US dollars.", source_name="price")]
    size: Annotated[float | None, sparse("Number of shares traded.")]
    venue: Annotated[strawberry.ID | None, sparse("Code of the venue where it was traded.", source_name="exchange")]
    conditions: Annotated[list[strawberry.ID] | None, sparse("Codes of the trade's conditions.")]


@strawberry.type(description="Performance of a fund's share over longer periods.")
class FundPerformance:
    low_52w_usd: Annotated[
        float | None, sparse("Lowest price of 52 weeks, in US dollars.", source_name="low_price_52week")
    ]
    low_52w_time: Annotated[
        datetime | None, sparse("Day of that lowest or highest price.", source_name="low_price_52week_date")
    ]
    high_52w_usd: Annotated[
        float | None, sparse("Highest price of 52 weeks, in US dollars.", source_name="high_price_52week")
    ]
    high_52w_time: Annotated[
        datetime | None, sparse("Day of that lowest or highest price.", source_name="high_price_52week_date")
    ]
    year_to_date_percent: Annotated[
        float | None, sparse("Change since the start of the year, in percent.", source_name="ydt_change_percent")
    ]
    year_percent: Annotated[float | None, sparse("Change over a year, in percent.", source_name="year_change_percent")]
    # The upstream name says `usd`; the sample's figure is of the size of a volume in shares.
    average_volume_10d: Annotated[
        float | None,
        sparse("Average volume of 10 days. CoinGlass does not state the unit.", source_name="avg_vol_usd_10d"),
    ]


@strawberry.type(description="A fund with its registration, latest session, quote, trade and performance.")
class FundDetail(Sourced):
    ticker: Annotated[str | None, value("Ticker of the fund.")]
    name: Annotated[str | None, sparse("Name of the fund.")]
    market: Annotated[str | None, sparse("Market, e.g. `stocks`.", source_name="type")]
    market_status: Annotated[str | None, sparse("State of the trading session, as CoinGlass words it.")]
    register: Annotated[FundRegister | None, sparse("Registration of the fund.", source_name="ticker_info")]
    session: Annotated[FundSession | None, sparse("Prices of the latest session.")]
    quote: Annotated[FundQuote | None, sparse("Best bid and ask.", source_name="last_quote")]
    trade: Annotated[FundTrade | None, sparse("The latest trade.", source_name="last_trade")]
    performance: Annotated[FundPerformance | None, sparse("Performance over longer periods.")]
