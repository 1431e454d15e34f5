"""What a plan does while fields are pending: everything starts at once, and nothing outlives the operation."""

import asyncio
from typing import Any

import pytest
import strawberry
from graphql import parse

from execution.column_selection import PythonEncoder
from execution.planned_schema import PlanExecutor
from served_schema.documents import Document

EVENTS: list[str] = []
GATES: dict[str, asyncio.Event] = {}


async def passed(gate: str) -> str:
    try:
        await GATES[gate].wait()
    except asyncio.CancelledError:
        EVENTS.append(f"{gate} cancelled")
        raise
    EVENTS.append(gate)
    return gate


@strawberry.type
class Inner:
    @strawberry.field
    async def fast(self) -> str:
        return await passed("fast")


@strawberry.type
class Query:
    @strawberry.field
    async def slow(self) -> str:
        return await passed("slow")

    @strawberry.field
    async def inner(self) -> Inner:
        return Inner()

    @strawberry.field
    def failing(self) -> str:
        raise ValueError("no")


PLANS = PlanExecutor(strawberry.Schema(Query), PythonEncoder())


@pytest.fixture(autouse=True)
def gates() -> None:
    EVENTS.clear()
    GATES.update(slow=asyncio.Event(), fast=asyncio.Event())


def started(query: str) -> asyncio.Task[Any]:
    document = Document(parse(query), query)
    return asyncio.create_task(PLANS.execute(document, document.operations[0], None, None, None))


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_slow_field_does_not_delay_the_children_of_another() -> None:
    task = started("{ slow inner { fast } }")
    GATES["fast"].set()
    await turns()
    assert EVENTS == ["fast"]
    GATES["slow"].set()
    assert await task == {"slow": "slow", "inner": {"fast": "fast"}}


async def test_a_failed_plan_ends_when_nothing_is_pending() -> None:
    task = started("{ slow failing }")
    await turns()
    assert not task.done()
    GATES["slow"].set()
    assert await task is None
    assert EVENTS == ["slow"]


async def test_a_cancelled_operation_cancels_its_tasks() -> None:
    task = started("{ slow inner { fast } }")
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await turns()
    assert sorted(EVENTS) == ["fast cancelled", "slow cancelled"]
