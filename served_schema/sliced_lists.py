"""Completes long tables in slices, so that graphql-core's executor does not hold up the event loop."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from payloads.columns import Columns

_SLICE: Final = 100  # rows, which take some milliseconds


class SlicedExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes as graphql-core does, but for tables of many rows: one slice of one table runs in a turn of the loop."""

    _turn: asyncio.Lock | None = None

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,  # noqa: ANN401  # graphql-core's, passed on
    ) -> AwaitableOrValue[list[Any]]:
        if type(items) is not Columns or len(items) <= _SLICE:
            return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)
        self._turn = self._turn or asyncio.Lock()
        return self._complete_in_slices(self._turn, item_type, field_details_list, info, path, items, position_context)

    async def _complete_in_slices(
        self,
        turn: asyncio.Lock,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Columns[Any],
        position_context: Any,  # noqa: ANN401  # as above
    ) -> list[Any]:
        completed: list[Any] = []
        awaitable: list[int] = []
        for start in range(0, len(items), _SLICE):
            async with turn:
                await asyncio.sleep(0)
                for index, item in enumerate(items[start : start + _SLICE], start):
                    item_path = path.add_key(index, None)
                    if self.complete_list_item_value(
                        item, completed, item_type, field_details_list, info, item_path, position_context
                    ):
                        awaitable.append(index)
        for index in awaitable:
            completed[index] = await completed[index]
        return completed
