"""The source of a payload: endpoint, time, freshness and anomalies."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Self

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.field import StrawberryField

from cg_client.call import Answer
from cg_client.decoding.anomalies import AnomalyKind, merged
from graph_types.enums import Freshness


@strawberry.type(description="What of CoinGlass' answer could not be read.")
class Anomaly:
    kind: AnomalyKind = strawberry.field(description="How the answer differs from what was expected.")
    field: str = strawberry.field(
        description="CoinGlass' name of the field below one row, such as `asset_details.btc_holding`."
    )
    count: int = strawberry.field(description="Number of rows or values that it concerns.")
    sample: str | None = strawberry.field(
        description="The first such value, as JSON and shortened; null where there is none."
    )


@strawberry.type(description="Where a payload came from.")
class DataSource:
    endpoint: str = strawberry.field(description="Path of the CoinGlass endpoint.")
    fetched_at: datetime = strawberry.field(description="When it was requested; of several requests the earliest.")
    freshness: Freshness = strawberry.field(description="Whether it is within the refresh time of its endpoint.")
    sandbox: bool = strawberry.field(description="True for figures of the sandbox, which are no market data.")
    anomalies: Sequence[Anomaly] = strawberry.field(
        description="What of CoinGlass' answer could not be read, by kind and field; usually empty. Everything else "
        "in the payload is as CoinGlass sent it."
    )

    @classmethod
    def of(cls, answers: Sequence[Answer[Any]]) -> Self:
        first, *others = answers
        fetched_at, stale, sandbox = first.fetched_at, first.stale, first.sandbox
        for answer in others:
            fetched_at = min(fetched_at, answer.fetched_at)
            stale, sandbox = stale or answer.stale, sandbox or answer.sandbox
        freshness = Freshness.STALE if stale else Freshness.FRESH
        anomalies = merged([answer.anomalies for answer in answers]) if others else first.anomalies
        return cls(
            endpoint=first.path or first.endpoint.path,
            fetched_at=fetched_at,
            freshness=freshness,
            sandbox=sandbox,
            anomalies=[
                Anomaly(kind=item.kind, field=item.field, count=item.count, sample=item.sample) for item in anomalies
            ],
        )


@strawberry.interface(description="A payload that says where it came from.")
class Sourced:
    source: DataSource = strawberry.field(description="Where the figures came from.")


@strawberry.interface(description="A list that CoinGlass cuts at a number of rows, without saying so.")
class CappedList(Sourced):
    capped: bool = strawberry.field(
        description="True if CoinGlass gave as many rows as it gives at most, so that more may exist."
    )


@cache
def fields_of(cls: type) -> list[StrawberryField]:
    """Return the fields of a Strawberry class that hold values, not resolvers."""
    fields: list[StrawberryField] = cls.__strawberry_definition__.fields  # type: ignore[attr-defined]  # set by strawberry
    return [field for field in fields if field.base_resolver is None]


def _rows_field(payload: type) -> tuple[str, type]:
    """Return name and row class of the only list of objects in a payload."""
    (rows,) = [
        (field.python_name, kind.of_type)
        for field in fields_of(payload)
        if isinstance(kind := _without_null(field.type), StrawberryList) and has_object_definition(kind.of_type)
    ]
    return rows


rows_field: Callable[[type], tuple[str, type]] = cache(_rows_field)  # by its own type it takes no `type[P]`


def _without_null(kind: object) -> object:
    return kind.of_type if isinstance(kind, StrawberryOptional) else kind
