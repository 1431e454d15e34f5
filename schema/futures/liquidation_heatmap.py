"""Where liquidations are expected: heatmaps over time and price, maps by price alone."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Self

import msgspec
import strawberry

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures as api
from graph_types.scalars import Timestamp, time_of
from payloads.columns import Column
from payloads.series import TimedRow, timed_rows
from payloads.source import DataSource, Sourced
from resolvers.endpoint_choice import ByArgument
from resolvers.liquidation_heatmap import Heatmap, decode_heatmap
from resolvers.liquidation_map import LevelMap, decode_map


@strawberry.enum(description="CoinGlass' models of where leveraged positions would be liquidated.")
class HeatmapModel(Enum):
    MODEL1 = strawberry.enum_value(
        "MODEL1", description="CoinGlass' first model. How its models differ, CoinGlass does not document."
    )
    MODEL2 = strawberry.enum_value("MODEL2", description="CoinGlass' second model.")
    MODEL3 = strawberry.enum_value("MODEL3", description="CoinGlass' third model.")


def _by_model(model1: Endpoint, model2: Endpoint, model3: Endpoint) -> ByArgument:
    models = {HeatmapModel.MODEL1: model1, HeatmapModel.MODEL2: model2, HeatmapModel.MODEL3: model3}
    return ByArgument("model", "CoinGlass' model by which the liquidations are estimated.", models, HeatmapModel.MODEL1)


PAIR_BY_MODEL = _by_model(
    api.liquidation.HEATMAP_MODEL1, api.liquidation.HEATMAP_MODEL2, api.liquidation.HEATMAP_MODEL3
)
COIN_BY_MODEL = _by_model(
    api.liquidation.AGGREGATED_HEATMAP_MODEL1,
    api.liquidation.AGGREGATED_HEATMAP_MODEL2,
    api.liquidation.AGGREGATED_HEATMAP_MODEL3,
)


@strawberry.type(description="Liquidations expected at one price and time.")
class HeatmapCell:
    time: datetime | None = strawberry.field(description="Time; null where CoinGlass' index lies outside its axis.")
    timestamp: Timestamp | None = strawberry.field(description="Time, in milliseconds.")
    price: float | None = strawberry.field(description="Price; null where CoinGlass' index lies outside its axis.")
    value: float | None = strawberry.field(description="Liquidations expected there, in US dollars.")
    time_index: int = strawberry.field(description="Index into `times`.")
    price_index: int = strawberry.field(description="Index into `prices`.")


@strawberry.type(description="Price over one interval of a heatmap.")
class HeatmapCandle(TimedRow):
    open: float | None = strawberry.field(description="First price, in US dollars.")
    high: float | None = strawberry.field(description="Highest price, in US dollars.")
    low: float | None = strawberry.field(description="Lowest price, in US dollars.")
    close: float | None = strawberry.field(description="Last price, in US dollars.")
    volume_usd: float | None = strawberry.field(description="Traded volume, in US dollars.")


@strawberry.type(description="Where leveraged positions would be liquidated, over time and price.")
class LiquidationHeatmap(Sourced):
    prices: Sequence[float | None] = strawberry.field(
        description="The price axis, in US dollars; null where a price could not be read: the others keep their place."
    )
    times: Sequence[datetime | None] = strawberry.field(
        description="The time axis: the starts of the candles; null as in `prices`."
    )
    timestamps: Sequence[Timestamp | None] = strawberry.field(description="The time axis, in milliseconds.")
    cells: Sequence[HeatmapCell] = strawberry.field(
        description="The cells with expected liquidations; all others are empty."
    )
    candles: Sequence[HeatmapCandle] = strawberry.field(description="The price over the same time, as candles.")

    @classmethod
    def decoder(cls) -> Decode[Heatmap]:
        return decode_heatmap

    @classmethod
    def of(cls, source: DataSource, heatmap: Heatmap) -> Self:
        return cls(
            source=source,
            prices=Column(heatmap.prices),
            times=Column(heatmap.times, time_of),
            timestamps=Column(heatmap.times),
            cells=timed_rows(
                HeatmapCell,
                heatmap.cell_times,
                price=heatmap.cell_prices,
                value=heatmap.cell_values,
                time_index=heatmap.cell_time_indices,
                price_index=heatmap.cell_price_indices,
            ),
            candles=timed_rows(HeatmapCandle, heatmap.candle_times, **heatmap.candles),
        )


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
    def of(cls, source: DataSource, level_map: LevelMap) -> Self:
        levels = [LiquidationLevel(**msgspec.structs.asdict(level)) for level in level_map.levels]
        return cls(source=source, levels=levels, last_price_usd=level_map.last_price)
