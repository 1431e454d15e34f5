"""The schema with compiled plans; graphql-core's default executor answers what a plan cannot.

A plan gives up on any error: the default executor then runs the operation again, on what was fetched, and reports it.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableValues,
    get_variable_values,
    validate,
)
from strawberry.types import ExecutionResult

from execution.column_selection import RowEncoder
from execution.fragment_cache import FragmentCache
from execution.plan import Execution, Info, ObjectPlan
from execution.plan_compiler import PlanCompiler
from execution.scalar_serializers import Unsupported
from execution.tables import TableEncoder
from execution.validation import relevant
from resolvers.context import Context
from resolvers.turns import Turns
from served_schema.documents import Document
from served_schema.rules import RULES
from served_schema.schema import LookupCounts, ServedSchema

_MAX_CONDITIONS = 3  # variables of @skip and @include for which all plans are compiled at start
_NO_VARIABLES = VariableValues({}, {})
_TABLES = TableEncoder()  # of exports


class PlanExecutor:
    """`hits`: operations that a plan answered; `misses`: those that the default executor had to answer."""

    def __init__(self, schema: strawberry.Schema, encoder: RowEncoder) -> None:
        self._strawberry, self._encoder = schema, encoder
        self.hits = self.misses = 0
        self.turns = Turns()
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001  # Strawberry shows it in no other way

    async def execute(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        inputs: Mapping[str, Any] | None,
        context: object,
        root: object,
        encoder: RowEncoder | None = None,
    ) -> dict[str, Any] | None:
        """Return the data of the operation, which has no errors; None if the default executor has to answer it.

        `encoder`: in place of that of all operations.
        """
        try:
            variables = _NO_VARIABLES
            if operation.variable_definitions:
                definitions, given = operation.variable_definitions, dict(inputs or {})
                values = get_variable_values(self._schema, definitions, given, max_errors=0, hide_suggestions=True)
                variables = _without_errors(values)
            plan = document.plan(operation, variables, lambda: self._compiled(document, operation, variables))
            if plan is None:
                raise Unsupported  # noqa: TRY301  # as everything else that a plan cannot answer
            execution = Execution(Info(context, self._strawberry), variables, encoder or self._encoder, self.turns)
            data: dict[str, Any] = await execution.run(plan, root)
        except Exception:  # noqa: BLE001  # whatever it is, the default executor meets it again and says where
            self.misses += 1
            return None
        self.hits += 1
        return data

    def compile(self, document: Document, operation: OperationDefinitionNode) -> None:
        """Compile the plans of an operation for whatever its directives include and skip."""
        conditions = document.conditions
        if len(conditions) > _MAX_CONDITIONS:
            return
        for values in itertools.product((True, False), repeat=len(conditions)):
            variables = VariableValues({}, dict(zip(conditions, values, strict=True)))
            document.plan(operation, variables, functools.partial(self._compiled, document, operation, variables))

    def _compiled(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> ObjectPlan | None:
        try:
            return PlanCompiler(self._strawberry, document.fragments, variables).operation(operation)
        except Unsupported:
            return None


def _without_errors(values: VariableValues | list[GraphQLError]) -> VariableValues:
    if not isinstance(values, VariableValues):
        raise Unsupported  # the default executor reports the errors
    return values


class PlannedSchema(ServedSchema):
    """Caches `fragment_bytes` of encoded lists."""

    def __init__(self, fragment_bytes: int, **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        self._fragment_bytes = fragment_bytes
        super().__init__(**options)

    def clear(self) -> None:
        super().clear()
        self.fragments = FragmentCache(self._fragment_bytes)
        self.plans = PlanExecutor(self, self.fragments)

    def _lookup_counts(self) -> Sequence[LookupCounts]:
        return [*super()._lookup_counts(), self.fragments, self.plans]

    def _validate(self, node: DocumentNode, text: str) -> list[GraphQLError]:
        rules = (relevant(text, RULES),)
        return validate(self._schema, node, rules, hide_suggestions=not self._policy.suggestions)

    def _compile(self, document: Document, operation: OperationDefinitionNode) -> None:
        self.plans.compile(document, operation)

    async def _run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        context: object,
        root: object,
    ) -> ExecutionResult:
        encoder = _TABLES if isinstance(context, Context) and context.tabulation is not None else None
        data = await self.plans.execute(document, operation, variables, context, root, encoder)
        if data is not None:
            return ExecutionResult(data, None)
        if isinstance(context, Context):
            context.record.problems.clear()  # the same ones are met again
        return await super()._run(document, operation, variables, context, root)
