"""Dataloaders: many fields, few calls. One set for each operation."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from aiodataloader import DataLoader

from cg_client.batch_spans import loader_batch
from cg_client.call import Answer, Call
from cg_client.dry_client import DryRunMiss
from cg_client.tracing import Tracer

RowId: TypeAlias = Hashable
LoadedRow: TypeAlias = tuple[Answer[Any], Any]  # the answer with the row, and the row itself

_LATER_PAGES = "The list comes in pages, and is read as far as the requested rows need."


class RowList(Protocol):
    """A list endpoint that answers many keys."""

    def pages(self) -> Sequence[Call]:
        """Return the calls that bring the list, in the order in which they are tried."""
        ...

    @property
    def keys_of(self) -> Callable[[Any], Sequence[RowId]]:
        """The keys of a row of the endpoint."""
        ...


@dataclass(frozen=True, slots=True)
class RowKey:
    rows: RowList
    key: RowId


class EndpointLoader(DataLoader[Call, Answer[Any]]):
    """Answers the calls of an operation, all of them at the same time.

    A failed call raises for its own waiters only: an exception among the answers is raised for its key. `get_named` is
    for calls with names that a listing can check.
    """

    def __init__(
        self,
        get: Callable[[Call], asyncio.Future[Answer[Any]]],
        get_named: Callable[[Call], Awaitable[Answer[Any]]],
        depend_on: Callable[[Answer[Any]], None],
        tracer: Tracer | None = None,
    ) -> None:
        super().__init__()
        self._get, self._get_named, self._depend_on, self._tracer = get, get_named, depend_on, tracer

    async def batch_load_fn(self, keys: list[Call]) -> list[Any]:
        with loader_batch(self._tracer, len(keys)):
            waiting = [self._get_named(call) if call.params.listed_names else self._get(call) for call in keys]
            answers = await asyncio.gather(*waiting, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Answer):
                self._depend_on(answer)
        return list(map(_raise_cancellation, answers))


class RowLoader(DataLoader[RowKey, LoadedRow | None]):
    """Loads the rows of many keys from the few lists that hold them; None where no list holds the key."""

    def __init__(self, calls: EndpointLoader) -> None:
        super().__init__()
        self._calls = calls

    async def batch_load_fn(self, keys: list[RowKey]) -> list[Any]:
        by_list: dict[RowList, set[RowId]] = {}
        for key in keys:
            by_list.setdefault(key.rows, set()).add(key.key)
        searches = await asyncio.gather(*(self._search(*item) for item in by_list.items()), return_exceptions=True)
        results = dict(zip(by_list, map(_raise_cancellation, searches), strict=True))
        return [_row(results[key.rows], key.key) for key in keys]

    async def _search(self, rows: RowList, keys: set[RowId]) -> dict[RowId, LoadedRow]:
        """Load page by page, until every key is there or a page brings nothing new."""
        loaded: dict[RowId, LoadedRow] = {}
        pages = rows.pages()
        for call in pages:
            try:
                answer = await self._calls.load(call)
            except DryRunMiss as miss:
                if call is not pages[-1]:
                    miss.requires_followup(_LATER_PAGES)
                raise
            before = len(loaded)
            for row in answer.value:
                for key in rows.keys_of(row):
                    loaded.setdefault(key, (answer, row))
            if keys <= loaded.keys() or len(loaded) == before:
                break
        return loaded


def _row(searched: Any, key: RowId) -> LoadedRow | Exception | None:  # noqa: ANN401  # the rows of a list, or its failure
    """Return the row of the key, if there is one, or the error of the lookup."""
    return searched if isinstance(searched, Exception) else searched.get(key)


def _raise_cancellation(gathered: Any) -> Any:  # noqa: ANN401  # a value or a failure
    """Return a value or an exception as it is; raise a cancellation, which would become data as a value."""
    if isinstance(gathered, BaseException) and not isinstance(gathered, Exception):
        raise gathered
    return gathered


class Loaders:
    """The loaders of one operation, each made when it is first used."""

    def __init__(
        self,
        get: Callable[[Call], asyncio.Future[Answer[Any]]],
        get_named: Callable[[Call], Awaitable[Answer[Any]]],
        depend_on: Callable[[Answer[Any]], None],
        tracer: Tracer | None = None,
    ) -> None:
        self._get, self._get_named, self._depend_on, self._tracer = get, get_named, depend_on, tracer

    @functools.cached_property
    def endpoint(self) -> EndpointLoader:
        return EndpointLoader(self._get, self._get_named, self._depend_on, self._tracer)

    @functools.cached_property
    def row(self) -> RowLoader:
        return RowLoader(self.endpoint)
