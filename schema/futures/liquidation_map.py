"""Where liquidations are expected: maps, by price alone."""

from typing import Self

import strawberry

from cg_client.call import Decode
from payloads.source import Source, Sourced
from resolvers.liquidation_map import LevelMap, decode_map


@strawberry.type(description="Liquidations expected at one price.")
class LiquidationLevel:
    price: float = strawberry.field(description="Price, in US dollars.")
    usd: float | None = strawberry.field(description="Liquidations expected there, in US dollars.")
    leverage: float | None = strawberry.field(
        description="Leverage of the positions, as a multiple; null over all exchanges."
    )
    exchange: str | None = strawberry.field(
        description="Exchange of the positions, where CoinGlass gives the map exchange by exchange."
    )
    symbol: str | None = strawberry.field(description="The exchange's own code of the pair, where it is given.")


@strawberry.type(description="Where leveraged positions would be liquidated, by price.")
class LiquidationMap(Sourced):
    levels: list[LiquidationLevel] = strawberry.field(
        description="The levels, in ascending order of price; of one price several, where there are several leverages "
        "or exchanges."
    )
    last_price_usd: float | None = strawberry.field(
        description="Price of the coin, in US dollars, where CoinGlass gives it with the map."
    )

    @classmethod
    def decoder(cls) -> Decode[LevelMap]:
        return decode_map

    @classmethod
    def of(cls, source: Source, level_map: LevelMap) -> Self:
        shown = [
            LiquidationLevel(
                price=level.price,
                usd=level.usd,
                leverage=level.leverage,
                exchange=level.exchange,
                symbol=level.symbol,
            )
            for level in level_map.levels
        ]
        return cls(source=source, levels=shown, last_price_usd=level_map.last_price)
