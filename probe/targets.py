"""Selects the endpoints to call, their order, and the parameters: the catalogue's examples, with listed names."""

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_type_hints

from cg_client.catalogue import CATALOGUE
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.intervals import Interval
from cg_client.params.core import Example, ExistingName, Params
from cg_client.plans.plan_table import Plan
from probe.listed_names import LISTINGS, ListedNames

_FIRST = {endpoint: position for position, endpoint in enumerate([account.SUBSCRIPTION, *LISTINGS])}


def groups() -> list[str]:
    """Return what `--group` accepts: `futures/liquidation`, or `futures` for all groups that begin so."""
    return sorted(set().union(*map(_groups_of, CATALOGUE.values())))


def candidates(selected: Collection[str]) -> Sequence[Endpoint]:
    """Return the endpoints of the selected groups, or all; the account first, then the listings of names."""
    endpoints = {endpoint for endpoint in CATALOGUE.values() if not selected or _groups_of(endpoint) & set(selected)}
    return sorted(
        {account.SUBSCRIPTION, *endpoints}, key=lambda endpoint: (_FIRST.get(endpoint, len(_FIRST)), endpoint.path)
    )


def _groups_of(endpoint: Endpoint) -> set[str]:
    return {endpoint.group, endpoint.group.split("/")[0]}


def example_params(endpoint: Endpoint, plan: Plan, names: ListedNames, now: datetime) -> Params:
    """Return a short request that CoinGlass should answer on this plan."""
    values: dict[str, Any] = {}
    hints = get_type_hints(endpoint.params, include_extras=True)
    for field in dataclasses.fields(endpoint.params):
        is_required = field.default is dataclasses.MISSING
        kind, marks = get_args(hints[field.name])[0], hints[field.name].__metadata__
        example = _example(marks, is_required=is_required)
        if kind is Interval:
            values[field.name] = _interval(endpoint, plan)
        elif example is not None:
            values[field.name] = _value(endpoint, example, names, values, now)
        elif is_required and isinstance(kind, type) and issubclass(kind, Enum):
            values[field.name] = next(iter(kind))
    return endpoint.params(**values)


def _example(marks: Iterable[object], *, is_required: bool) -> Example | None:
    """Return the example of a parameter; an optional one is sent only if it declares an example itself."""
    examples = (mark for mark in marks if isinstance(mark, Example))
    return next((example for example in examples if is_required or not isinstance(example, ExistingName)), None)


def _value(endpoint: Endpoint, example: Example, names: ListedNames, previous: dict[str, Any], now: datetime) -> object:
    if isinstance(example.value, timedelta):
        return now + example.value
    if example.kind is not None:
        return names.choose(endpoint, example, previous.get("exchange"))
    return example.value


def _interval(endpoint: Endpoint, plan: Plan) -> Interval:
    """Return the plan's floor, so that it is tested; D1 if none is stated."""
    floor = endpoint.interval_floors.get(plan, Interval.M1)
    offered = [each for each in endpoint.offered_intervals if each.milliseconds >= floor.milliseconds]
    preferred = endpoint.interval_floors.get(plan, Interval.D1)
    return preferred if preferred in offered else offered[-1]
