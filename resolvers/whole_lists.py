"""Reads a list to its end, for what needs every row of it: an order, or a filter."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cg_client.call import Answer, Call
from cg_client.dry_client import DryRunMiss
from resolvers.context import Context
from resolvers.loaders import LoadedRow, RowId, RowList


@dataclass(frozen=True, slots=True)
class LoadedList:
    """The rows of a list by their keys, each once, and the answers that brought them.

    `capped`: whether the list may be longer than what is read of it.
    """

    rows: dict[RowId, LoadedRow]
    answers: Sequence[Answer[Any]]
    capped: bool


async def load_list(context: Context, rows: RowList) -> LoadedList:
    """Load page after page, until one brings nothing new: the calls of the list, and of its end.

    Pages that were there before are requested together.
    """
    calls = rows.pages()
    await asyncio.gather(
        *map(context.loaders.endpoint.load, _former_pages(context, calls)), return_exceptions=True
    )  # raised below
    loaded: dict[RowId, LoadedRow] = {}
    answers: list[Answer[Any]] = []
    is_at_end = False
    for call in calls:
        answer = await _page(context, call, calls)
        answers.append(answer)
        before = len(loaded)
        for row in answer.value:
            for key in rows.keys_of(row):
                loaded.setdefault(key, (answer, row))
        is_at_end = len(loaded) == before
        if is_at_end:
            break
    return LoadedList(loaded, answers, capped=len(calls) > 1 and not is_at_end)


async def _page(context: Context, call: Call, calls: Sequence[Call]) -> Answer[Any]:
    try:
        return await context.loaders.endpoint.load(call)
    except DryRunMiss as miss:
        if call is not calls[-1]:
            miss.requires_followup(f"The list comes in pages, all of which are read: up to {len(calls)} calls.")
        raise


def _former_pages(context: Context, calls: Sequence[Call]) -> Sequence[Call]:
    """Return the first calls that were answered before, however long ago, up to the end of the list as it was then."""
    former = []
    for call in calls if len(calls) > 1 and context.client.plan_is_resolved else ():
        _, entry = context.client.peek(call)
        if entry is None:
            break
        former.append(call)
        if not entry.answer.value:
            break
    return former
