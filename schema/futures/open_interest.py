"""Open interest."""

from typing import Annotated, Any, Self

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import CandleSeries
from payloads.source import Source, Sourced
from schema.by_exchange import SeriesByExchange
from schema.periods import PercentByPeriod

TOTAL = "All"  # CoinGlass' label of the row that adds up all exchanges


@strawberry.type(description="Open interest over time, in US dollars, or in coins where `unit: COIN` was requested.")
class OISeries(CandleSeries): ...


@strawberry.type(description="Open interest in both units.")
class StablecoinMargined:
    usd: Annotated[float | None, sparse("In US dollars.", source_name="stablecoin_margined_usd")]
    quantity: Annotated[float | None, sparse("In coins.", source_name="stablecoin_margined_quantity")]


@strawberry.type(description="Open interest in both units.")
class CoinMargined:
    usd: Annotated[float | None, sparse("In US dollars; not always stated.", source_name="coin_margined_usd")]
    quantity: Annotated[float | None, sparse("In coins.", source_name="coin_margined_quantity")]


@strawberry.type(description="Current open interest of a coin on one exchange.")
class ExchangeOpenInterest:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it; `All` for the total.")]
    symbol: Annotated[str, value("Coin.")]
    usd: Annotated[float | None, sparse("In US dollars.")]
    quantity: Annotated[float | None, sparse("In coins.")]
    stablecoin_margined: Annotated[StablecoinMargined, group("Contracts margined in stablecoins.")]
    coin_margined: Annotated[CoinMargined, group("Contracts margined in the coin.")]
    change_percent: Annotated[PercentByPeriod, group("Change, in percent.", "open_interest_change_percent_{}")]


@strawberry.type(description="Current open interest of a coin on each exchange.")
class OpenInterestByExchange(Sourced):
    total: ExchangeOpenInterest | None = strawberry.field(description="All exchanges together.")
    exchanges: list[ExchangeOpenInterest] = strawberry.field(description="Each exchange, as CoinGlass orders them.")

    @classmethod
    def of(cls, source: Source, rows: list[ExchangeOpenInterest]) -> Self:
        return cls(source=source, **split_total(rows))


@strawberry.type(description="Open interest of a coin over time, by exchange, in the requested unit.")
class OpenInterestHistoryByExchange(SeriesByExchange): ...


def split_total(rows: list[Any]) -> dict[str, Any]:
    """Separate the row of all exchanges from those of single ones."""
    return {
        "total": next((row for row in rows if row.exchange == TOTAL), None),
        "exchanges": [row for row in rows if row.exchange != TOTAL],
    }
