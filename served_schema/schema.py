"""Executes operations step by step: text, document, limits, execution, and stable codes of errors."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeGuard, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    create_source_event_stream,
    execute,
    validate,
)
from graphql import ExecutionResult as CoreResult
from graphql import OperationType as OperationKind
from graphql.pyutils import AwaitableOrValue
from strawberry.exceptions import MissingQueryError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from live.source import Source
from resolvers.context import Context
from resolvers.operation_record import OperationRecord
from served_schema.checks import LimitExceeded, check_document, check_operation, check_variables, is_fixed, parsed
from served_schema.cost import Cost, repeated_calls
from served_schema.document_policy import DocumentPolicy, FaultyDocuments, not_trusted
from served_schema.documents import Document, DocumentStore, digest
from served_schema.enum_values import explain_enums
from served_schema.errors import stable
from served_schema.federation import Schema
from served_schema.introspection import IntrospectionRules, switched_off
from served_schema.introspection_cache import IntrospectionCache
from served_schema.limits import DEFAULT, Limits
from served_schema.live_operation import LiveOperation, operation_key
from served_schema.persisted_queries import PersistedQueries, with_document_id
from served_schema.rules import RULES
from served_schema.sliced_lists import SlicedExecution

_SHORT: Final = 2_000  # characters of a text that is validated in some 10 ms
_SUBSCRIPTION: Final = OperationKind.SUBSCRIPTION.value
FEDERATION_VERSION: Final = "2.9"  # the newest one that three composers know; see interop/federation


class InvalidOperation(Exception):
    """The operation cannot be executed; `errors` say why."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(*errors)
        self.errors = errors


class LookupCounts(Protocol):
    """What counts its lookups."""

    hits: int
    misses: int


class ServedSchema(Schema):
    """Takes the place of Strawberry's execution, which would parse and validate each text anew."""

    def __init__(self, limits: Limits = DEFAULT, **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        super().__init__(execution_context_class=SlicedExecution, federation_version=FEDERATION_VERSION, **options)
        explain_enums(self._schema)
        self._limits = limits
        self._thread = ThreadPoolExecutor(1, "documents")
        self._introspection_rules = IntrospectionRules(self._schema)
        self._policy = DocumentPolicy()
        self._trusted: Mapping[str, Document] = {}  # by id
        self.trusted_names: frozenset[str] = frozenset()  # of the operations of trusted documents
        self.clear()

    @property
    def policy(self) -> DocumentPolicy:
        return self._policy

    def apply(self, policy: DocumentPolicy) -> None:
        """Apply the policy from now on, with its trusted documents parsed, validated and compiled.

        Raises FaultyDocuments.
        """
        for _ in self.apply_in_steps(policy):
            pass

    def apply_in_steps(self, policy: DocumentPolicy) -> Iterator[None]:
        """Apply the policy at the last step; each step before takes the time of one document."""
        trusted: dict[str, Document] = {}
        faults = []
        for item in policy.trusted:
            yield
            try:
                trusted[item.id] = self._trusted_document(item.text)
            except InvalidOperation as invalid:
                faults += [f"{item.label}: {error.message}" for error in invalid.errors]
            except GraphQLError as error:
                faults.append(f"{item.label}: {error.message}")
        if faults:
            raise FaultyDocuments(faults)
        self._policy, self._trusted = policy, trusted
        operations = [operation for document in trusted.values() for operation in document.operations]
        self.trusted_names = frozenset(operation.name.value for operation in operations if operation.name)
        self._empty_caches()

    def clear(self) -> None:
        """Forget everything that is cached or counted."""
        self.documents = DocumentStore(pinned={document.text: document for document in self._trusted.values()})
        self.persisted = PersistedQueries(self.documents, self._trusted, trusted_only=self._policy.trusted_only)
        self._introspected = IntrospectionCache()

    def _empty_caches(self) -> None:
        """Forget everything that is cached. The counts go on, since metrics follow them."""
        before = self._lookup_counts()
        self.clear()
        for counts, old in zip(self._lookup_counts(), before, strict=True):
            counts.hits, counts.misses = old.hits, old.misses

    def _lookup_counts(self) -> Sequence[LookupCounts]:
        return [self.documents]

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
        """Execute one operation.

        Raises MissingQueryError without a text, and InvalidOperationTypeError for a type that is not allowed.
        """
        record = context_value.record if isinstance(context_value, Context) else OperationRecord()
        result = await self._execute(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            operation_extensions,
            record,
        )
        return _counted(result, record)

    async def _execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None,
        context_value: Any | None,  # noqa: ANN401  # Strawberry's
        root_value: Any | None,  # noqa: ANN401  # Strawberry's
        operation_name: str | None,
        allowed_operation_types: Iterable[OperationType] | None,
        operation_extensions: dict[str, Any] | None,
        record: OperationRecord,
    ) -> ExecutionResult:
        """Execute one operation, and note in the record which one it is."""
        variables = variable_values or {}
        try:
            document, operation = await self._accept(
                query, variables, context_value, operation_name, allowed_operation_types, operation_extensions, record
            )
        except InvalidOperation as invalid:
            return _refused(invalid.errors, context_value, record)
        if document.is_introspection:
            return await self._introspect(document, operation, variables, context_value, root_value)
        return await self._run(document, operation, variables, context_value, root_value)

    async def _accept(
        self,
        query: str | None,
        variables: dict[str, Any],
        context: object,
        operation_name: str | None,
        allowed_operation_types: Iterable[OperationType] | None,
        operation_extensions: dict[str, Any] | None,
        record: OperationRecord,
    ) -> tuple[Document, OperationDefinitionNode]:
        """Return the document and the operation, which is within the limits; raises InvalidOperation."""
        try:
            hash_, text = self.persisted.find(query, operation_extensions) if operation_extensions else (None, query)
            if not text:
                raise MissingQueryError
            document = self.documents.get(text)
            record.document = digest(text) if document is None else document.digest
            document = document or await self._new_document(text)
            operation = document.operation(operation_name)
            record.name = operation.name.value if operation.name else None
            record.type = operation.operation.value
            if allowed_operation_types is not None:
                _check_type(operation, allowed_operation_types)
            tabulation = context.tabulation if isinstance(context, Context) else None
            limits = self._limits if tabulation is None else self._limits.of_exports()
            cost = self._check_cost(document, operation, variables, limits)
            if tabulation is not None:  # by variables within the limits
                tabulation.prepare(self._schema, operation, document.fragments, variables, cost.values)
            reserving = context.reserve(cost.all_calls, cost.values) if isinstance(context, Context) else None
            if reserving is not None:
                await reserving
        except InvalidOperation as invalid:
            if allowed_operation_types is not None:
                _check_unsupported(invalid.errors, operation_name, allowed_operation_types)
            raise
        except GraphQLError as error:
            raise InvalidOperation([error]) from error
        self.documents.put(document)
        if hash_ is not None:
            self.persisted.persist(hash_, text)
        return document, operation

    async def accept_subscription(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None,
        context: Context,
        operation_name: str | None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> LiveOperation | ExecutionResult:
        """Accept a subscription, within the same limits as other operations; return the result if it is refused."""
        variables, record = variable_values or {}, context.record
        try:
            document, operation = await self._accept(
                query,
                variables,
                context,
                operation_name,
                (OperationType.SUBSCRIPTION,),
                operation_extensions,
                record,
            )
            self._check_repeated(document, operation, variables)
        except InvalidOperation as invalid:
            return _counted(_refused(invalid.errors, context, record), record)
        source = await self._source(document, operation, variables, context)
        if not isinstance(source, Source):
            return _counted(_stable_result(source, context), record)

        def execute_event(value: object, context: Context) -> Awaitable[ExecutionResult]:
            return self._run(document, operation, variables, context, value)

        return LiveOperation(source, (source.key, operation_key(document, operation, variables)), execute_event)

    async def _source(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, Any], context: Context
    ) -> Source | CoreResult:
        executor = self.execution_context_class.build(
            self._schema,
            document.node,
            None,
            context,
            variables,
            operation.name.value if operation.name else None,
            is_async_iterable=_is_source,
            hide_suggestions=not self._policy.suggestions,
        )
        if isinstance(executor, list):
            return CoreResult(None, executor)
        return cast("Source | CoreResult", await await_maybe(create_source_event_stream(executor)))

    def _check_repeated(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> None:
        """Raise InvalidOperation for fields below the root that make calls of their own, for each event anew."""
        calls = repeated_calls(self._schema, document.fragments, operation, variables)
        if calls:
            text = (
                f"Each event would cause up to {calls} upstream calls of its own. Select only what the subscription "
                "brings, and query the rest."
            )
            raise InvalidOperation([GraphQLError(text, operation, extensions={"code": "QUERY_TOO_COMPLEX"})])

    def text_of(self, parameters: Mapping[str, Any]) -> str | None:
        """Return the text of a request, which may name its document instead. Raises GraphQLError."""
        text: str | None = parameters.get("query")
        extensions = with_document_id(parameters)
        return self.persisted.find(text, extensions)[1] if extensions else text

    async def is_subscription(
        self,
        query: str | None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> bool:
        """Whether the operation is a subscription; not of a document that is refused."""
        try:
            text = self.persisted.find(query, operation_extensions)[1] if operation_extensions else query
            if not text or _SUBSCRIPTION not in text:
                return False
            document = self.documents.get(text) or await self._new_document(text)
            return document.operation(operation_name).operation is OperationKind.SUBSCRIPTION
        except (GraphQLError, InvalidOperation):
            return False

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
            yield await self.execute(
                query,
                variable_values,
                context_value,
                root_value,
                operation_name,
                allowed_operation_types,
                operation_extensions,
            )

        return results()

    async def _new_document(self, text: str) -> Document:
        """Read a document that is not trusted. A long text does not hold up the event loop."""
        self.documents.misses += 1
        if self._policy.trusted_only:
            raise not_trusted()
        if len(text) <= _SHORT:
            document = self._document(text)
        else:
            document = await asyncio.get_running_loop().run_in_executor(self._thread, self._document, text)
        if not (self._policy.introspection and self._policy.sdl):
            error = switched_off(document, introspection=self._policy.introspection, sdl=self._policy.sdl)
            if error is not None:
                raise error
        return document

    def _trusted_document(self, text: str) -> Document:
        """Prepare a trusted document, so that its first request is as fast as the next ones."""
        document = self._document(text)
        if not document.operations:
            raise GraphQLError("The document has no operation.")
        for operation in document.operations:
            self._check_cost(document, operation, {}, self._limits.of_exports())
            self._compile(document, operation)
        return document

    def _document(self, text: str) -> Document:
        """Parse and validate; raises GraphQLError and InvalidOperation."""
        node = parsed(text, self._limits)
        errors = check_document(node, self._limits) or self._validate(node, text)
        if errors:
            raise InvalidOperation(errors)
        document = Document(node, text)
        introspection = self._introspection_rules.inspect(document)
        if introspection is not None:
            if errors := self._introspection_rules.errors(introspection):
                raise InvalidOperation(errors)
            document.is_introspection = introspection.is_alone
        return document

    def _validate(self, node: DocumentNode, text: str) -> list[GraphQLError]:  # noqa: ARG002  # those who override it read the text
        return validate(self._schema, node, RULES, hide_suggestions=not self._policy.suggestions)

    def _compile(self, document: Document, operation: OperationDefinitionNode) -> None:
        """Compile plans; graphql-core's default executor has none."""

    def _check_cost(
        self, document: Document, operation: OperationDefinitionNode, variables: Mapping[str, Any], limits: Limits
    ) -> Cost:
        """Raise InvalidOperation beyond the limits.

        If nothing of the cost depends on variables and it is within the limits of every format, it is checked once.
        """
        if document.cost is not None:
            errors = check_variables(operation, variables, limits) if variables else []
            if errors:
                raise InvalidOperation(errors)
            return document.cost
        cost, errors = check_operation(self._schema, document.fragments, operation, variables, limits)
        if errors:
            raise InvalidOperation(errors)
        if is_fixed(document) and cost.values <= self._limits.values:
            document.cost = cost
        return cost

    async def _run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
        root: object,
    ) -> ExecutionResult:
        """Execute by graphql-core's default executor."""
        try:
            result = await await_maybe(self._start(document, operation, variables, context, root))
        except Exception as error:  # noqa: BLE001  # graphql-core raises nothing of a resolver: this is a fault of ours
            return PreExecutionError(None, stable([GraphQLError("", original_error=error)], context))
        return _stable_result(result, context)

    def _start(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
        root: object,
    ) -> AwaitableOrValue[CoreResult]:
        return execute(
            self._schema,
            document.node,
            root,
            context,
            variables,
            operation.name.value if operation.name else None,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # it tells awaitables, and says bool
            executor_class=self.execution_context_class,
            hide_suggestions=not self._policy.suggestions,
        )

    async def _introspect(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
        root: object,
    ) -> ExecutionResult:
        """Execute an operation of which nothing waits."""

        def run() -> ExecutionResult:
            result = self._start(document, operation, variables, context, root)
            assert isinstance(result, CoreResult)  # noqa: S101  # neither introspection nor `_service` is awaitable
            return _stable_result(result, context)

        name = operation.name.value if operation.name else None
        return await self._introspected.execute(document.text, name, variables, run)


def _is_source(stream: object) -> TypeGuard[AsyncIterable[Any]]:
    """Whether a subscription's resolver returned a stream, for graphql-core."""
    return isinstance(stream, Source)


def _counted(result: ExecutionResult, record: OperationRecord) -> ExecutionResult:
    for error in result.errors or ():
        record.errors[(error.extensions or {}).get("code", "INTERNAL_SERVER_ERROR")] += 1
    return result


def _refused(errors: Sequence[GraphQLError], context: object, record: OperationRecord) -> PreExecutionError:
    record.exceeded.update(error.limit for error in errors if isinstance(error, LimitExceeded))
    return PreExecutionError(None, stable(errors, context))


def _stable_result(result: CoreResult, context: object) -> ExecutionResult:
    if not result.errors:
        return ExecutionResult(result.data, None)
    was_executed = result.data is not None or any(error.path is not None for error in result.errors)
    kind = ExecutionResult if was_executed else PreExecutionError  # the latter for variables that do not fit
    return kind(result.data, stable(result.errors, context))


def _check_type(operation: OperationDefinitionNode, allowed: Iterable[OperationType]) -> None:
    kind = OperationType(operation.operation.value)
    if kind not in allowed:
        raise InvalidOperationTypeError(kind)


def _check_unsupported(errors: Iterable[GraphQLError], name: str | None, allowed: Iterable[OperationType]) -> None:
    """Check the type of an operation that validation refuses, since the schema has no such type."""
    for node in (node for error in errors for node in error.nodes or ()):
        is_named = isinstance(node, OperationDefinitionNode) and (
            name is None or (node.name is not None and node.name.value == name)
        )
        if is_named:
            _check_type(cast("OperationDefinitionNode", node), allowed)
