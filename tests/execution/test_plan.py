"""What a plan does while fields are pending: everything starts at once, and nothing outlives the operation."""

import asyncio
from typing import Any

import pytest
import strawberry
from graphql import parse

from execution.column_selection import PythonEncoder
from execution.planned_schema import PlanExecutor
from resolvers.turns import Turns
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

    @strawberry.field
    def list(self) -> list[Inner]:
        return [Inner()] * 20

    @strawberry.field
    def working(self) -> str:
        EVENTS.append("working")
        return ""


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


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PLANS, "turns", Turns(0))


def note_passes() -> asyncio.Task[None]:
    """Note each pass of the event loop, as others have their turn in it."""

    async def note() -> None:
        while True:
            EVENTS.append("others")
            await asyncio.sleep(0)

    return asyncio.create_task(note())


@pytest.mark.usefixtures("short_turns")
async def test_others_have_their_turn_between_fields() -> None:
    noting = note_passes()
    assert await started("{ a: working b: working c: working }") == {"a": "", "b": "", "c": ""}
    noting.cancel()
    first, last = EVENTS.index("working"), len(EVENTS) - EVENTS[::-1].index("working")
    assert EVENTS[first:last] == ["working", "working", "others", "working"]


@pytest.mark.usefixtures("short_turns")
async def test_others_have_their_turn_between_items_and_between_coroutines() -> None:
    GATES["fast"].set()
    noting = note_passes()
    assert await started("{ list { fast } }") == {"list": [{"fast": "fast"}] * 20}
    noting.cancel()
    assert EVENTS.count("others") > 20
    assert "fast fast" not in " ".join(EVENTS)


async def test_an_operation_within_its_turn_is_not_interrupted() -> None:
    noting = note_passes()
    await started("{ a: working b: working c: working }")
    noting.cancel()
    assert "working working working" in " ".join(EVENTS)


@pytest.mark.usefixtures("short_turns")
async def test_a_cancelled_operation_does_not_go_on() -> None:
    task = started("{ slow a: working b: working c: working }")
    await asyncio.sleep(0)
    task.cancel()
    await turns()
    assert EVENTS.count("working") < 3
