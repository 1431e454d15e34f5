"""Figures over time, by exchange."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from cg_client.call import Decode
from graph_types.scalars import Timestamp
from payloads.columns import Column
from payloads.series import timed_rows
from payloads.source import DataSource, Sourced
from resolvers.by_exchange import History, decode_history


@strawberry.type(description="A figure of one exchange.")
class ExchangeFigure:
    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    value: float | None = strawberry.field(
        description="The figure, in the unit of the series; null where there is none."
    )


@strawberry.type(description="Figures of one exchange over time.")
class ExchangeFigures:
    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    values: Sequence[float | None] = strawberry.field(description="The figures, index by index with `timestamp`.")


@strawberry.type(description="Figures of all exchanges at one time.")
class PointByExchange:
    time: datetime = strawberry.field(description="Time of the figures.")
    timestamp: Timestamp = strawberry.field(description="Time of the figures, in milliseconds.")
    price_usd: float | None = strawberry.field(description="Price of the coin, in US dollars.")
    by_exchange: list[ExchangeFigure] = strawberry.field(description="The figure of each exchange.")


@strawberry.type(description="Figures by exchange as columns, index by index.")
class ColumnsByExchange:
    timestamp: Sequence[Timestamp] = strawberry.field(description="Times, in milliseconds.")
    price_usd: Sequence[float | None] = strawberry.field(description="Prices of the coin, in US dollars.")
    by_exchange: list[ExchangeFigures] = strawberry.field(description="The figures of each exchange.")


@strawberry.interface(description="Figures over time, by exchange.")
class SeriesByExchange(Sourced):
    count: int = strawberry.field(description="Number of points.")
    points: Sequence[PointByExchange] = strawberry.field(description="The points, oldest first.")
    columns: ColumnsByExchange = strawberry.field(description="The same points as columns.")

    @classmethod
    def decoder(cls) -> Decode[History]:
        return decode_history

    @classmethod
    def of(cls, source: DataSource, history: History) -> Self:
        by_exchange = [
            ExchangeFigures(exchange=name, values=Column(figures)) for name, figures in history.by_exchange.items()
        ]
        columns = ColumnsByExchange(
            timestamp=Column(history.times), price_usd=Column(history.prices), by_exchange=by_exchange
        )
        figures = [
            [ExchangeFigure(exchange=name, value=figures[index]) for name, figures in history.by_exchange.items()]
            for index in range(len(history.times))
        ]
        points = timed_rows(PointByExchange, history.times, price_usd=history.prices, by_exchange=figures)
        return cls(source=source, count=len(points), points=points, columns=columns)
