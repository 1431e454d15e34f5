"""Fields that wait for something: how many of them are waited for together, without a task for each."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path, gather_with_cancel

from vocabulary.under_way import UnderWay

Place: TypeAlias = tuple[dict[str, Any], str]  # an object of the answer, and the key of a value in it
Completion: TypeAlias = tuple[GraphQLOutputType, FieldDetailsList, GraphQLResolveInfo[Any], Path]


class OpenField(msgspec.Struct, frozen=True):
    """A field whose value is under way, and what completes it."""

    under_way: UnderWay
    completion: Completion

    def drop(self) -> None:
        """Nobody asks for the value any more: that it failed is no news."""
        self.under_way.future.add_done_callback(_looked_at)


def _looked_at(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


async def fill(places: Sequence[Place]) -> None:
    """Waits for what stands in these places, all of it at the same time, and puts what comes there."""
    if len(places) == 1:
        ((results, key),) = places
        results[key] = await results[key]
        return
    found = await gather_with_cancel(*(results[key] for results, key in places))
    for (results, key), value in zip(places, found, strict=True):
        results[key] = value
