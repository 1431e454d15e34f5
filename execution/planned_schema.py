"""The schema with plans: known documents are neither parsed nor validated again, and need no extension."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from graphql import DocumentNode, GraphQLError, execute
from graphql import ExecutionResult as GraphQLExecutionResult
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from execution.documents import Document, DocumentStore
from execution.fragment_cache import FragmentCache
from execution.persisted_queries import PersistedQueries, PersistedQueryExtension
from execution.plan_executor import PlanExecutor
from execution.validation import relevant
from served_schema.errors import stable
from served_schema.federation import Schema

Extension: TypeAlias = type[SchemaExtension] | Callable[[], SchemaExtension]
IsFixed: TypeAlias = Callable[[DocumentNode], bool]


class PlannedSchema(Schema):
    """Keeps documents with their plans, persisted queries, and `fragment_bytes` of encoded lists."""

    def __init__(self, fragment_bytes: int, is_fixed: IsFixed, extensions: Sequence[Extension], **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        own: Sequence[Extension] = (
            lambda: PersistedQueryExtension(self.persisted),
            lambda: DocumentExtension(self.documents, self.plans, is_fixed),
        )
        super().__init__(extensions=[*extensions, *own], **options)
        self._fragment_bytes = fragment_bytes
        self.clear()

    def clear(self) -> None:
        """Forget everything that is kept or counted."""
        self.documents = DocumentStore()
        self.persisted = PersistedQueries(self.documents)
        self.fragments = FragmentCache(self._fragment_bytes)
        self.plans = PlanExecutor(self, self.fragments)

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
        """Execute the one operation of a known document by its plan; leave everything else to Strawberry."""
        document = self.documents.get(query) if query and not operation_extensions else None
        if document is None or not _is_simple(document, operation_name, allowed_operation_types):
            return await super().execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )
        data = await self.plans.execute(document, operation_name, variable_values, context_value, root_value)
        if data is not None:
            return ExecutionResult(data, None)
        return await self._by_default(document, variable_values, context_value, root_value, operation_name)

    async def _by_default(
        self,
        document: Document,
        variable_values: dict[str, Any] | None,
        context_value: object,
        root_value: object,
        operation_name: str | None,
    ) -> ExecutionResult:
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
                )
            )
        except Exception as error:  # noqa: BLE001  # graphql-core raises nothing of a resolver: this is a fault of ours
            return ExecutionResult(None, stable([GraphQLError("", original_error=error)], context_value))
        return ExecutionResult(result.data, stable(result.errors, context_value) if result.errors else None)


class DocumentExtension(SchemaExtension):
    """Skips parsing and validation for a document that is known, keeps those that are new, and runs their plans.

    `is_fixed` says whether the cost of a document is the same for all variables: if not, the rules beside those of the
    specification look at it each time.
    """

    def __init__(self, documents: DocumentStore, plans: PlanExecutor, is_fixed: IsFixed) -> None:
        self._documents, self._plans, self._is_fixed = documents, plans, is_fixed
        self._document: Document | None = None

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._document = self._documents.get(context.query) if context.query else None
        if self._document is None:
            self._documents.misses += 1
        else:
            context.graphql_document = self._document.node
            context.validation_rules = ()  # to which the limits add theirs
            context.pre_execution_errors = [] if self._document.fixed else None  # an empty list skips validation
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.query:
            context.validation_rules = (relevant(context.query, context.validation_rules),)
        yield
        node = context.graphql_document
        if self._document is None and node is not None and context.query and not context.pre_execution_errors:
            self._document = Document(node, context.query, fixed=self._is_fixed(node))
            self._documents.put(self._document)

    async def on_execute(self) -> AsyncIterator[None]:
        context = self.execution_context
        if self._document is not None:
            operation = self._document, context.operation_name, context.variables
            data = await self._plans.execute(*operation, context.context, context.root_value)
            if data is not None:
                context.result = GraphQLExecutionResult(data, None)
        yield


def _is_simple(document: Document, name: str | None, allowed: Iterable[OperationType] | None) -> bool:
    """Whether the document has the one operation that is asked for, and costs the same for all variables."""
    if not document.fixed or len(document.operations) != 1:
        return False
    (operation,) = document.operations
    named = name is None or (operation.name is not None and operation.name.value == name)
    return named and (allowed is None or OperationType(operation.operation.value) in allowed)
