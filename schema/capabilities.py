"""What the graph can answer, with what plan: read from the fields themselves."""

from collections.abc import Iterator
from typing import Self

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

import graph_types.enums  # noqa: F401  # makes the enums of cg_client GraphQL's
from cg_client.endpoint import Endpoint
from cg_client.intervals import Interval
from cg_client.params.core import SeriesParams
from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import HISTORY_DAYS, Plan


def upstream_fields(schema: GraphQLSchema) -> Iterator[tuple[str, tuple[Endpoint, ...]]]:
    """Yield the fields that CoinGlass answers, as `Type.field`, with their endpoints, in order of type and field."""
    for name, kind in sorted(schema.type_map.items()):
        if isinstance(kind, GraphQLObjectType):
            fields = ((f"{name}.{field}", _endpoints(definition)) for field, definition in kind.fields.items())
            yield from ((field, endpoints) for field, endpoints in fields if endpoints)


def _endpoints(field: GraphQLField) -> tuple[Endpoint, ...]:
    definition = field.extensions.get("strawberry-definition")
    endpoints: tuple[Endpoint, ...] = getattr(definition, "metadata", {}).get("endpoints", ())
    return endpoints


@strawberry.type(description="The finest interval that a plan includes.")
class IntervalFloor:
    plan: Plan = strawberry.field(description="The plan that has the limit.")
    min_interval: Interval = strawberry.field(
        description="Finest interval that it includes. Plans that are not listed include all."
    )


@strawberry.type(description="How far back the history of an interval reaches.")
class HistoryDepth:
    interval: Interval = strawberry.field(description="The interval of the series.")
    days: int = strawberry.field(description="Days of history. Intervals that are not listed have no stated limit.")


@strawberry.type(description="A field that CoinGlass answers, and what it needs of the plan.")
class Capability:
    field: str = strawberry.field(description="The field, as `Type.field`.")
    endpoint: str = strawberry.field(description="Path of the CoinGlass endpoint.")
    former_path: str | None = strawberry.field(
        description="Older path of the endpoint, requested if CoinGlass does not know the other; null if there is none."
    )
    summary: str = strawberry.field(description="What the endpoint returns.")
    required_plan: Plan = strawberry.field(description="The smallest plan that includes it.")
    available: bool = strawberry.field(description="Whether the server's plan includes it.")
    min_interval: Interval | None = strawberry.field(
        description="Finest interval that the server's plan includes; null if it includes all."
    )
    interval_floors: list[IntervalFloor] = strawberry.field(
        description="Finest interval of each plan that does not include all."
    )
    history: list[HistoryDepth] = strawberry.field(
        description="How far back series reach on the server's plan; while that is unknown, what CoinGlass keeps."
    )
    refresh_seconds: int = strawberry.field(description="How long an answer counts as fresh, in seconds.")

    @classmethod
    def of(cls, field: str, endpoint: Endpoint, gate: Gate) -> Self:
        return cls(
            field=field,
            endpoint=endpoint.path,
            former_path=endpoint.former_path,
            summary=endpoint.summary,
            required_plan=endpoint.plan,
            available=gate.includes(endpoint),
            min_interval=gate.finest(endpoint),
            interval_floors=[
                IntervalFloor(plan=plan, min_interval=floor) for plan, floor in endpoint.interval_floors.items()
            ],
            history=_history(endpoint, gate.plan),
            refresh_seconds=int(endpoint.refresh.total_seconds()),
        )


def _history(endpoint: Endpoint, plan: Plan | None) -> list[HistoryDepth]:
    if not issubclass(endpoint.params, SeriesParams):
        return []
    stated = {interval: HISTORY_DAYS[plan].get(interval) for interval in Interval}
    retained = {interval: span.days for interval, span in endpoint.retention.items()}
    depths = {
        interval: min(filter(None, (stated[interval], retained.get(interval))), default=None) for interval in Interval
    }
    return [HistoryDepth(interval=interval, days=days) for interval, days in depths.items() if days is not None]


def capabilities(schema: GraphQLSchema, gate: Gate) -> list[Capability]:
    """One for each field and endpoint."""
    return [
        Capability.of(field, endpoint, gate) for field, endpoints in upstream_fields(schema) for endpoint in endpoints
    ]


def table(schema: GraphQLSchema) -> str:
    """Return the same as a Markdown table."""
    head = "| field | endpoint | plan | finest interval | refresh |\n| --- | --- | --- | --- | --- |\n"
    rows = (_row(field, endpoint) for field, endpoints in upstream_fields(schema) for endpoint in endpoints)
    return _TITLE + head + "".join(rows)


def coverage(schema: GraphQLSchema) -> str:
    """Return a Markdown table of the fields of each type, by the least plan that answers them."""
    groups: dict[str, dict[Plan, list[str]]] = {}
    for name, endpoints in upstream_fields(schema):
        group, field = name.split(".")
        least = min(endpoint.plan for endpoint in endpoints)
        groups.setdefault(group, {}).setdefault(least, []).append(f"`{field}`")
    head = "| group | fields on any plan | fields that need more |\n| --- | --- | --- |\n"
    return head + "".join(_group(group, by_plan) for group, by_plan in groups.items())


def _group(group: str, by_plan: dict[Plan, list[str]]) -> str:
    more = (f"{plan.name.title()}: {' '.join(by_plan[plan])}" for plan in sorted(by_plan) if plan > min(Plan))
    return f"| `{group}` | {' '.join(by_plan.get(min(Plan), ()))} | {'. '.join(more)} |\n"


_TITLE = """# Fields and their endpoints

Made by `make schema` from the catalogue. A plan includes what the plans below it do; an interval of a plan that is not
named has no floor. Where two paths are named, the former one is requested if CoinGlass does not know the other.
Real time counts as fresh for 5 seconds, and what states no refresh time for a minute.

"""


def _row(field: str, endpoint: Endpoint) -> str:
    floors = ", ".join(f"{plan.name.title()} {floor.value}" for plan, floor in endpoint.interval_floors.items()) or "-"
    seconds = int(endpoint.refresh.total_seconds())
    former = "" if endpoint.former_path is None else f", formerly `{endpoint.former_path}`"
    return f"| `{field}` | `{endpoint.path}`{former} | {endpoint.plan.name.title()} | {floors} | {seconds} s |\n"
