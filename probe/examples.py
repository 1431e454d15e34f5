"""Parameters with which an endpoint is asked: the catalogue's examples, with names that CoinGlass lists."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_type_hints

from cg_client.endpoint import Endpoint
from cg_client.intervals import Interval
from cg_client.params.core import Example, ListedName, Params
from cg_client.plans.plan import Plan
from probe.names import Names


def example_params(endpoint: Endpoint, plan: Plan, names: Names, now: datetime) -> Params:
    """Return a short request that CoinGlass should answer on this plan."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(endpoint.params):
        hint = get_type_hints(endpoint.params, include_extras=True)[field.name]
        kind, marks = get_args(hint)[0], hint.__metadata__
        example = _example(marks, is_required=field.default is dataclasses.MISSING)
        if kind is Interval:
            values[field.name] = _interval(endpoint, plan)
        elif example is not None:
            values[field.name] = _value(endpoint, example, names, values, now)
        elif isinstance(kind, type) and issubclass(kind, Enum) and field.default is dataclasses.MISSING:
            values[field.name] = next(iter(kind))
    return endpoint.params(**values)


def _example(marks: Iterable[object], *, is_required: bool) -> Example | None:
    """Return the example of a parameter; what may be left out is sent only where it has one of its own."""
    for mark in marks:
        if isinstance(mark, Example):
            return mark
        if isinstance(mark, ListedName) and is_required:
            return Example(mark.name, mark.kind)
    return None


def _value(endpoint: Endpoint, example: Example, names: Names, before: dict[str, Any], now: datetime) -> object:
    if isinstance(example.value, timedelta):
        return now + example.value
    if example.kind is not None:
        return names.choose(endpoint, example, before.get("exchange"))
    return example.value


def _interval(endpoint: Endpoint, plan: Plan) -> Interval:
    """Return the plan's floor, so that the floor is tried out; a day where none is stated."""
    floor = endpoint.interval_floors.get(plan)
    offered = [one for one in endpoint.offered_intervals if floor is None or not _is_finer(one, floor)]
    wanted = floor or Interval.D1
    return wanted if wanted in offered else offered[-1]


def _is_finer(interval: Interval, floor: Interval) -> bool:
    return interval.milliseconds < floor.milliseconds
