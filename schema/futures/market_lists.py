"""Lists over all coins and exchanges with futures: price changes, delisted pairs, the largest exchanges."""

from typing import Annotated

import strawberry

from cg_client.call import Decode
from cg_client.endpoints import futures as api
from graph_types.fields import group, sparse, value
from payloads.source import Source, Sourced
from resolvers.keyed_rows import keyed_rows_decoder
from schema.periods import FromMinutesToDay


@strawberry.type(description="How a coin's price moved over the last hours.")
class CoinPriceChange:
    symbol: Annotated[str, value("Coin.")]
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    change_percent: Annotated[FromMinutesToDay, group("Change, in percent.", "price_change_percent_{}")]
    amplitude_percent: Annotated[
        FromMinutesToDay,
        group("Distance from the lowest to the highest price, in percent.", "price_amplitude_percent_{}"),
    ]


@strawberry.type(description="How the price of each coin moved over the last hours.")
class PriceChanges(Sourced):
    coins: list[CoinPriceChange] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="A futures instrument that its exchange has delisted.")
class DelistedPair:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    symbol: Annotated[str, value("The exchange's own code.")]
    base: Annotated[str | None, sparse("Base asset.")]
    quote: Annotated[str | None, sparse("Quote asset.")]


@strawberry.type(description="Futures instruments that exchanges have delisted.")
class DelistedPairs(Sourced):
    pairs: list[DelistedPair] = strawberry.field(description="The instruments, exchange by exchange.")

    @classmethod
    def decoder(cls) -> Decode[list[DelistedPair]]:
        return keyed_rows_decoder(DelistedPair, api.market.DELISTED_PAIRS)

    @classmethod
    def of(cls, source: Source, rows: list[DelistedPair]) -> "DelistedPairs":
        return cls(source=source, pairs=rows)


@strawberry.type(description="The futures market of one exchange.")
class RankedExchange:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    open_interest_usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    volume_usd: Annotated[float | None, sparse("Traded volume, in US dollars; CoinGlass states no period.")]
    liquidation_usd_24h: Annotated[
        float | None,
        sparse("Longs and shorts liquidated over 24 hours, in US dollars.", source_name="liquidation_usd_24h"),
    ]


@strawberry.type(description="The exchanges with futures, by size.")
class ExchangeRanking(Sourced):
    exchanges: list[RankedExchange] = strawberry.field(description="The exchanges, as CoinGlass orders them.")
