"""Open interest, and which endpoint has that of one margin."""

import inspect
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, Self

import strawberry

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import open_interest as api
from cg_client.errors import BadArgument
from cg_client.params.choices import Unit
from graph_types.enums import CandleUnit
from graph_types.fields import group, sparse, value
from payloads.series import CandleSeries, ServedWindow
from payloads.source import DataSource, Sourced
from resolvers.arguments import argument
from resolvers.context import Context
from resolvers.exchanges import futures_exchanges
from schema.by_exchange import SeriesByExchange
from schema.periods import PercentByPeriod

TOTAL = "All"  # CoinGlass' label of the row that adds up all exchanges


@strawberry.type(description="Open interest over time, in US dollars, or in coins with the argument `unit: COIN`.")
class OISeries(CandleSeries):
    @classmethod
    def of(cls, served: ServedWindow) -> Self:
        series = super().of(served)
        series.unit = CandleUnit.COIN if served.unit is Unit.COIN else CandleUnit.USD
        return series


@strawberry.type(description="Open interest of contracts margined in stablecoins.")
class StablecoinMargined:
    usd: Annotated[float | None, sparse("Open interest, in US dollars.", source_name="stablecoin_margined_usd")]
    quantity: Annotated[float | None, sparse("Open interest, in coins.", source_name="stablecoin_margined_quantity")]


@strawberry.type(description="Open interest of contracts margined in the coin.")
class CoinMargined:
    usd: Annotated[
        float | None, sparse("Open interest, in US dollars; not always stated.", source_name="coin_margined_usd")
    ]
    quantity: Annotated[float | None, sparse("Open interest, in coins.", source_name="coin_margined_quantity")]


@strawberry.type(description="Current open interest of a coin on one exchange.")
class ExchangeOpenInterest:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it; `All` for the total.")]
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    quantity: Annotated[float | None, sparse("Open interest, in coins.")]
    stablecoin_margined: Annotated[StablecoinMargined, group("Open interest of contracts margined in stablecoins.")]
    coin_margined: Annotated[CoinMargined, group("Open interest of contracts margined in the coin.")]
    change_percent: Annotated[
        PercentByPeriod, group("Change of the open interest, in percent.", "open_interest_change_percent_{}")
    ]


@strawberry.type(description="Current open interest of a coin on each exchange.")
class OpenInterestByExchange(Sourced):
    total: ExchangeOpenInterest | None = strawberry.field(description="All exchanges together.")
    exchanges: list[ExchangeOpenInterest] = strawberry.field(description="Each exchange, as CoinGlass orders them.")

    @classmethod
    def of(cls, source: DataSource, rows: list[ExchangeOpenInterest]) -> Self:
        return cls(source=source, **split_total(rows))


@strawberry.type(description="Open interest of a coin over time, by exchange, in the requested unit.")
class OpenInterestHistoryByExchange(SeriesByExchange): ...


def split_total(rows: list[Any]) -> dict[str, Any]:
    """Separate the row of all exchanges from those of single ones."""
    return {
        "total": next((row for row in rows if row.exchange == TOTAL), None),
        "exchanges": [row for row in rows if row.exchange != TOTAL],
    }


@strawberry.enum(description="What a contract is margined in.")
class MarginKind(Enum):
    STABLECOIN = strawberry.enum_value("STABLECOIN", description="In stablecoins.")
    COIN = strawberry.enum_value("COIN", description="In the coin itself.")


_MARGINED = {
    MarginKind.STABLECOIN: api.AGGREGATED_STABLECOIN_HISTORY,
    MarginKind.COIN: api.AGGREGATED_COIN_MARGIN_HISTORY,
}


class ByMargin:
    """One endpoint for both margins together, with a unit; one for each, with exchanges and in US dollars."""

    endpoints: Sequence[Endpoint] = (api.AGGREGATED_HISTORY, *_MARGINED.values())

    def parameters(self) -> list[inspect.Parameter]:
        return [
            argument("margin", MarginKind | None, "Only contracts with this margin. Left out: all.", strawberry.UNSET),
            argument(
                "exchanges",
                list[str] | None,
                "Exchanges to add up, together with `margin`. Left out: every exchange that lists the coin.",
                strawberry.UNSET,
            ),
        ]

    def pick(self, parent: object, arguments: dict[str, Any]) -> Endpoint:  # noqa: ARG002  # the parent has no say
        """Check the arguments; raises BadArgument with the remedy."""
        margin = arguments.pop("margin", None)
        if margin is not None:
            if arguments.pop("unit") is Unit.COIN:
                raise BadArgument(
                    "Open interest of one margin is in US dollars: leave out `unit`, or `margin`.", "unit"
                )
            return _MARGINED[margin]
        if arguments.pop("exchanges", None) is not None:
            raise BadArgument(
                "Give `margin` together with `exchanges`, or leave out `exchanges` for all of them.", "exchanges"
            )
        return api.AGGREGATED_HISTORY


BY_MARGIN = ByMargin()


async def margined_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Resolve `exchanges` for an endpoint of one margin, which is the one without a unit."""
    return arguments if "unit" in arguments else await futures_exchanges(context, arguments)
