"""Where liquidations are expected: heatmaps and maps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Self

import strawberry

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures as api
from resolvers.field import ByArgument
from resolvers.heatmap import Heatmap, Level, decode_heatmap, decode_map
from vocabulary.columns import Column, Columns
from vocabulary.payloads import Source, Sourced
from vocabulary.problems import Problems, result
from vocabulary.scalars import Timestamp, time_of


@strawberry.enum(description="CoinGlass' models of where leveraged positions would be liquidated.")
class HeatmapModel(Enum):
    MODEL1 = strawberry.enum_value("MODEL1", description="Model 1.")
    MODEL2 = strawberry.enum_value("MODEL2", description="Model 2.")
    MODEL3 = strawberry.enum_value("MODEL3", description="Model 3.")


def _by_model(model1: Endpoint, model2: Endpoint, model3: Endpoint) -> ByArgument:
    models = {HeatmapModel.MODEL1: model1, HeatmapModel.MODEL2: model2, HeatmapModel.MODEL3: model3}
    return ByArgument("model", "Which of CoinGlass' models.", models, HeatmapModel.MODEL1)


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
    timestamp: Timestamp | None = strawberry.field(description="The same in milliseconds.")
    price: float | None = strawberry.field(description="Price; null where CoinGlass' index lies outside its axis.")
    value: float = strawberry.field(description="Liquidations expected there, in US dollars.")
    time_index: int = strawberry.field(description="Index into `times`.")
    price_index: int = strawberry.field(description="Index into `prices`.")


@strawberry.type(description="Price behind a heatmap.")
class HeatmapCandle:
    time: datetime = strawberry.field(description="Start of the interval.")
    timestamp: Timestamp = strawberry.field(description="Start of the interval, in milliseconds.")
    open: float = strawberry.field(description="First price, in US dollars.")
    high: float = strawberry.field(description="Highest price, in US dollars.")
    low: float = strawberry.field(description="Lowest price, in US dollars.")
    close: float = strawberry.field(description="Last price, in US dollars.")
    volume_usd: float = strawberry.field(description="Traded volume, in US dollars.")


@strawberry.type(description="Where leveraged positions would be liquidated, over time and price.")
class LiquidationHeatmap(Sourced):
    prices: Sequence[float] = strawberry.field(description="The price axis, in US dollars.")
    times: Sequence[datetime] = strawberry.field(description="The time axis: the starts of the candles.")
    timestamps: Sequence[Timestamp] = strawberry.field(description="The time axis, in milliseconds.")
    cells: Sequence[HeatmapCell] = strawberry.field(description="The cells that hold something.")
    candles: Sequence[HeatmapCandle] = strawberry.field(description="The price over the same time.")

    @classmethod
    def decoder(cls) -> Decode[Heatmap]:
        return decode_heatmap

    @classmethod
    def of(cls, source: Source, heatmap: Heatmap) -> Self:
        times = Column(heatmap.times, time_of)
        candles = {"time": times, "timestamp": Column(heatmap.times)} | {
            name: Column(figures) for name, figures in heatmap.candles.items()
        }
        return cls(
            source=source,
            prices=Column(heatmap.prices),
            times=times,
            timestamps=Column(heatmap.times),
            cells=Columns.of(HeatmapCell, _cells(heatmap), len(heatmap.cell_values)),
            candles=Columns.of(HeatmapCandle, candles, len(heatmap.times)),
        )


def _cells(heatmap: Heatmap) -> Mapping[str, Column]:
    return {
        "time": Column(heatmap.cell_times, time_of),
        "timestamp": Column(heatmap.cell_times),
        "price": Column(heatmap.cell_prices),
        "value": Column(heatmap.cell_values),
        "time_index": Column(heatmap.cell_time_indices),
        "price_index": Column(heatmap.cell_price_indices),
    }


@strawberry.type(description="Liquidations expected at one price.")
class LiquidationLevel:
    price: float = strawberry.field(description="Price, in US dollars.")
    usd: float = strawberry.field(description="Liquidations expected there, in US dollars.")
    leverage: float | None = strawberry.field(
        description="Leverage of the positions, as a multiple; null over all exchanges."
    )


@strawberry.type(description="Where leveraged positions would be liquidated, by price.")
class LiquidationMap(Sourced):
    levels: list[LiquidationLevel] = strawberry.field(description="The levels, in ascending order of price.")

    @classmethod
    def decoder(cls) -> Decode[list[Level]]:
        return decode_map

    @classmethod
    def of(cls, source: Source, levels: list[Level]) -> Self:
        shown = [LiquidationLevel(price=one.price, usd=one.usd, leverage=one.leverage) for one in levels]
        return cls(source=source, levels=shown)


LiquidationHeatmapResult = Annotated[LiquidationHeatmap | Problems, result("LiquidationHeatmap")]
LiquidationMapResult = Annotated[LiquidationMap | Problems, result("LiquidationMap")]
