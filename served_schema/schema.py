"""Executes operations step by step: text, document, limits, execution, and stable codes of errors."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, execute, validate
from strawberry.exceptions import MissingQueryError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from served_schema.checks import check_document, check_operation, is_fixed, parsed
from served_schema.documents import Document, DocumentStore
from served_schema.errors import stable
from served_schema.federation import Schema
from served_schema.limits import DEFAULT, Limits
from served_schema.persisted_queries import PersistedQueries

_SHORT: Final = 2_000  # characters of a text that is validated in some 10 ms


class InvalidOperation(Exception):
    """The operation cannot be executed; `errors` say why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(*errors)
        self.errors = errors


class ServedSchema(Schema):
    """Takes the place of Strawberry's execution, which would parse and validate each text anew."""

    def __init__(self, limits: Limits = DEFAULT, **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        super().__init__(**options)
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "documents")
        self.clear()

    def clear(self) -> None:
        """Forget everything that is cached or counted."""
        self.documents = DocumentStore()
        self.persisted = PersistedQueries(self.documents)

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        root_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute one operation; raises what Strawberry's views answer with status 400.

        That is: no query, no operation of this name, or one of a type that is not allowed.
        """
        variables = variable_values or {}
        try:
            hash_, text = self.persisted.find(query, operation_extensions) if operation_extensions else (None, query)
            if not text:
                raise MissingQueryError
            document = self.documents.get(text) or await self._new_document(text)
            operation = document.operation(operation_name)
            if operation is None:
                raise CannotGetOperationTypeError(operation_name)
            if allowed_operation_types is not None:
                _check_type(operation, allowed_operation_types)
            if not document.is_within_limits:
                self._check_cost(document, operation, variables)
        except InvalidOperation as invalid:
            return PreExecutionError(None, stable(invalid.errors, context_value))
        except GraphQLError as error:
            return PreExecutionError(None, stable([error], context_value))
        self.documents.put(document)
        if hash_ is not None:
            self.persisted.persist(hash_, text)
        return await self._run(document, operation, variables, context_value, root_value)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        root_value: Any | None = None,  # noqa: ANN401  # Strawberry's
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Return the one result of an operation to a transport that could carry several."""

        async def results() -> AsyncGenerator[ExecutionResult, None]:
            try:
                yield await self.execute(
                    query,
                    variable_values,
                    context_value,
                    root_value,
                    operation_name,
                    allowed_operation_types,
                    operation_extensions,
                )
            except CannotGetOperationTypeError as error:
                wrapped = GraphQLError(error.as_http_error_reason(), original_error=error)
                yield PreExecutionError(None, stable([wrapped], context_value))

        return results()

    async def _new_document(self, text: str) -> Document:
        """Parse and validate; raises GraphQLError and InvalidOperation. A long text does not hold up the event loop."""
        self.documents.misses += 1
        if len(text) <= _SHORT:
            return self._document(text)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._document, text)

    def _document(self, text: str) -> Document:
        node = parsed(text, self._limits)
        errors = check_document(node, self._limits) or self._validate(node, text)
        if errors:
            raise InvalidOperation(errors)
        return Document(node, text)

    def _validate(self, node: DocumentNode, text: str) -> list[GraphQLError]:  # noqa: ARG002  # those who override it read the text
        return validate(self._schema, node)

    def _check_cost(self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        """Raise InvalidOperation beyond the limits. If nothing of the cost depends on variables, it is checked once."""
        errors = check_operation(self._schema, document.fragments, operation, variables, self._limits)
        if errors:
            raise InvalidOperation(errors)
        document.is_within_limits = is_fixed(document)

    async def _run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
        root: object,
    ) -> ExecutionResult:
        """Execute by graphql-core's default executor."""
        name = operation.name.value if operation.name else None
        try:
            result = await await_maybe(
                execute(
                    self._schema,
                    document.node,
                    root,
                    context,
                    variables,
                    name,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # it tells awaitables, and says bool
                    executor_class=self.execution_context_class,
                )
            )
        except Exception as error:  # noqa: BLE001  # graphql-core raises nothing of a resolver: this is a fault of ours
            return ExecutionResult(None, stable([GraphQLError("", original_error=error)], context))
        return ExecutionResult(result.data, stable(result.errors, context) if result.errors else None)


def _check_type(operation: OperationDefinitionNode, allowed: Iterable[OperationType]) -> None:
    kind = OperationType(operation.operation.value)
    if kind not in allowed:
        raise InvalidOperationTypeError(kind)
