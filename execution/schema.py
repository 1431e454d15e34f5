"""The schema, with a short way for documents that are known: no extension has anything left to do for them."""

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError, execute
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from execution.documents import Document, Documents
from schema.errors import stable
from schema.federation import Schema


class KnownSchema(Schema):
    def __init__(self, documents: Documents, **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        """`documents` are those that one of the extensions keeps."""
        super().__init__(**options)
        self._documents = documents

    async def execute(  # Strawberry's
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        root_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """As Strawberry's, which is left to everything but a plain operation of a known document."""
        document = self._documents.get(query) if query and not operation_extensions else None
        if document is None or not _is_plain(document, operation_name, allowed_operation_types):
            return await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        try:
            result = await await_maybe(
                execute(
                    self._schema,
                    document.node,
                    root_value,
                    context_value,
                    variable_values,
                    operation_name,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # it tells awaitables, and says bool
                    executor_class=self.execution_context_class,
                    operation_extensions=operation_extensions,
                )
            )
        except Exception as error:  # noqa: BLE001  # graphql-core raises nothing of a resolver: this is a fault of ours
            return ExecutionResult(None, stable([GraphQLError("", original_error=error)], context_value))
        return ExecutionResult(result.data, stable(result.errors, context_value) if result.errors else None)


def _is_plain(document: Document, name: str | None, allowed: Iterable[OperationType] | None) -> bool:
    """Whether the document has the one operation that is asked for, and costs what it cost before."""
    if not document.fixed or len(document.operations) != 1:
        return False
    (operation,) = document.operations
    named = name is None or (operation.name is not None and operation.name.value == name)
    return named and (allowed is None or OperationType(operation.operation.value) in allowed)
