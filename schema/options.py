"""Options of a coin."""

from datetime import date
from typing import Annotated, Self

import strawberry

from cg_client.endpoints import options as api
from graph_types.fields import group, sparse, value
from graph_types.problems import Result
from payloads.source import DataSource, Sourced
from resolvers.field import upstream
from schema.by_exchange import SeriesByExchange
from schema.futures.open_interest import split_total


@strawberry.type(description="Open interest of options.")
class OptionsInterest:
    usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    quantity: Annotated[float | None, sparse("Open interest, in coins.")]
    share_percent: Annotated[float | None, sparse("Share of all exchanges, in percent.")]
    change_percent_24h: Annotated[float | None, sparse("Change over 24 hours, in percent.")]


@strawberry.type(description="Volume of options.")
class OptionsTraded:
    usd_24h: Annotated[float | None, sparse("Volume of 24 hours, in US dollars.", source_name="volume_usd_24h")]
    change_percent_24h: Annotated[
        float | None,
        sparse("Change over 24 hours, in percent; not always stated.", source_name="volume_change_percent_24h"),
    ]


@strawberry.type(description="Options of a coin on one exchange.")
class ExchangeOptions:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it; `All` for the total.")]
    open_interest: Annotated[OptionsInterest, group("Open interest and its change.")]
    volume: Annotated[OptionsTraded, group("Traded volume and its change.")]


@strawberry.type(description="Options of a coin: all exchanges together, and each exchange.")
class OptionsByExchange(Sourced):
    total: ExchangeOptions | None = strawberry.field(description="All exchanges together.")
    exchanges: list[ExchangeOptions] = strawberry.field(description="Each exchange, as CoinGlass orders them.")

    @classmethod
    def of(cls, source: DataSource, rows: list[ExchangeOptions]) -> Self:
        return cls(source=source, **split_total(rows))


@strawberry.type(description="Open interest of options over time, in the requested unit.")
class OptionsOpenInterestSeries(SeriesByExchange): ...


@strawberry.type(description="Volume of options over time, in the requested unit.")
class OptionsVolumeSeries(SeriesByExchange): ...


@strawberry.type(description="Open interest of one side of an expiry.")
class OptionSideInterest:
    quantity: Annotated[float | None, sparse("Open interest, in coins.", source_name="open_interest")]
    market_value_usd: Annotated[
        float | None,
        sparse("Market value of the open interest, in US dollars.", source_name="open_interest_market_value"),
    ]
    notional_usd: Annotated[
        float | None,
        sparse("Notional value of the open interest, in US dollars.", source_name="open_interest_notional"),
    ]


@strawberry.type(description="Open interest of one side of an expiry.")
class CallInterest(OptionSideInterest): ...


@strawberry.type(description="Open interest of one side of an expiry.")
class PutInterest(OptionSideInterest): ...


@strawberry.type(description="One expiry of a coin's options.")
class OptionsExpiry:
    expiry: Annotated[date, value("Day of expiry.")]
    max_pain_price: Annotated[float | None, sparse("Strike at which most options expire worthless, in US dollars.")]
    calls: Annotated[CallInterest, group("Open interest of calls.", "call_{}")]
    puts: Annotated[PutInterest, group("Open interest of puts.", "put_{}")]


@strawberry.type(description="Max pain of a coin's options, by expiry.")
class OptionsMaxPain(Sourced):
    expiries: list[OptionsExpiry] = strawberry.field(description="The expiries, as CoinGlass orders them.")


_COIN = {"symbol": "symbol"}


@strawberry.type(description="Options of a coin. CoinGlass documents BTC and ETH.")
class Options:
    symbol: str = strawberry.field(description="Ticker of the coin, e.g. `BTC`.")
    unresolved: strawberry.Private[Exception | None] = None

    by_exchange: Result[OptionsByExchange] = upstream(api.INFO, OptionsByExchange, bind=_COIN)
    open_interest_history: Result[OptionsOpenInterestSeries] = upstream(
        api.OPEN_INTEREST_HISTORY, OptionsOpenInterestSeries, bind=_COIN
    )
    volume_history: Result[OptionsVolumeSeries] = upstream(api.VOLUME_HISTORY, OptionsVolumeSeries, bind=_COIN)
    max_pain: Result[OptionsMaxPain] = upstream(api.MAX_PAIN, OptionsMaxPain, bind=_COIN)
