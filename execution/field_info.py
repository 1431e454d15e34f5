"""What a resolver learns of its field: the context at once, and all else when it asks.

graphql-core makes fifteen values ready for each field, of which nearly all resolvers read one.
"""

from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, GraphQLResolveInfo
from graphql.pyutils import Path
from strawberry import Info
from strawberry.types.field import StrawberryField

from execution.documents import KnownField

if TYPE_CHECKING:
    from execution.executor import BulkExecutor


class FieldInfo(Info[Any, Any]):
    """Strawberry's, but that graphql-core's below it is made when it is asked for."""

    context: Any = None  # where Strawberry's has a property

    def __init__(self, executor: "BulkExecutor", known: KnownField, parent: GraphQLObjectType, path: Path) -> None:
        self.context = executor.context_value
        self._place = executor, known, parent, path

    @property
    def _field(self) -> StrawberryField | None:  # type: ignore[override]  # Strawberry's own is set
        return self._place[1].calls.definition

    @property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]  # as above
        executor, known, parent, path = self._place
        return executor.build_resolve_info(known.declared, known.nodes, parent, path)


def raw(info: GraphQLResolveInfo[Any] | FieldInfo) -> GraphQLResolveInfo[Any]:
    """graphql-core's, whichever of the two this is."""
    return info._raw_info if isinstance(info, FieldInfo) else info  # noqa: SLF001  # Strawberry's name for it
