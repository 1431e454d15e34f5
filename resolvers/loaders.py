"""Many fields, few calls. One set of loaders per operation, made inside its event loop."""

import asyncio
import functools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from aiodataloader import DataLoader

from cg_client.call import Answer, Call
from cg_client.dry_client import DryRunMiss
from resolvers.operation import Operation
from resolvers.window_loader import WindowLoader

Key: TypeAlias = Hashable
Row: TypeAlias = tuple[Answer[Any], Any]  # the answer that holds it, and the row itself

_LATER_PAGES = "The list comes in pages, and is read as far as the rows need that are looked for."


class EndpointLoader(DataLoader[Call, Answer[Any]]):
    """Answers the requests of an operation, all of them at the same time.

    A failed request raises for its own waiters only: an exception among the answers is raised for its key.
    """

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation = operation

    async def batch_load_fn(self, keys: list[Call]) -> list[Any]:
        answers = await asyncio.gather(*map(self._operation.get, keys), return_exceptions=True)
        return [self._found(answer) for answer in answers]

    def _found(self, answer: Answer[Any] | BaseException) -> Answer[Any] | Exception:
        if isinstance(answer, Answer):
            self._operation.validity.depend_on(answer)
            return answer
        return _failure(answer)


class RowList(Protocol):
    """A list endpoint that answers many keys."""

    def pages(self) -> Sequence[Call]:
        """Return the calls that bring the list, in the order in which they are tried."""
        ...

    def keys_of(self, row: Any) -> Sequence[Key]:  # noqa: ANN401  # a row of the endpoint
        """Return the keys of the row."""
        ...


@dataclass(frozen=True, slots=True)
class RowKey:
    rows: RowList
    key: Key


class RowLoader(DataLoader[RowKey, Row | None]):
    """Finds the rows of many keys in the few lists that hold them; None where no list holds the key."""

    def __init__(self, calls: EndpointLoader) -> None:
        super().__init__()
        self._calls = calls

    async def batch_load_fn(self, keys: list[RowKey]) -> list[Any]:
        wanted: dict[RowList, set[Key]] = {}
        for key in keys:
            wanted.setdefault(key.rows, set()).add(key.key)
        found = await asyncio.gather(*(self._search(*one) for one in wanted.items()), return_exceptions=True)
        by_list = dict(zip(wanted, found, strict=True))
        return [_of(by_list[key.rows], key.key) for key in keys]

    async def _search(self, rows: RowList, wanted: set[Key]) -> dict[Key, Row]:
        """Page by page, until every key is found or a page brings nothing new."""
        found: dict[Key, Row] = {}
        pages = rows.pages()
        for call in pages:
            try:
                answer = await self._calls.load(call)
            except DryRunMiss as miss:
                if call is not pages[-1]:
                    miss.requires_followup(_LATER_PAGES)
                raise
            before = len(found)
            for row in answer.value:
                for key in rows.keys_of(row):
                    found.setdefault(key, (answer, row))
            if wanted <= found.keys() or len(found) == before:
                break
        return found


def _of(found: dict[Key, Row] | BaseException, key: Key) -> Row | Exception | None:
    """Return the row of the key, if there is one, or what kept it from being looked up."""
    return _failure(found) if isinstance(found, BaseException) else found.get(key)


def _failure(gathered: BaseException) -> Exception:
    """Raise a cancellation: gathered as a value it would become data."""
    if not isinstance(gathered, Exception):
        raise gathered
    return gathered


class Loaders:
    """One set for each operation. Made when they are needed: an operation whose answers are at hand needs none."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    @functools.cached_property
    def endpoint(self) -> EndpointLoader:
        return EndpointLoader(self._operation)

    @functools.cached_property
    def window(self) -> WindowLoader:
        return WindowLoader(self._operation)

    @functools.cached_property
    def row(self) -> RowLoader:
        return RowLoader(self.endpoint)

    def get_fresh(self, call: Call) -> Answer[Any] | None:
        """Return the answer that is kept and fresh, without waiting for anything; raises what the gate refuses."""
        client = self._operation.client
        if not client.plan_is_resolved:
            return None
        client.gate.check(call.endpoint, call.params)
        answer = self._operation.get_fresh(call)
        if answer is not None:
            self._operation.validity.depend_on(answer)
        return answer
