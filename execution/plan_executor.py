"""Runs the plans of documents, and says where there is none: the default executor answers then."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLSchema, OperationDefinitionNode, VariableValues, get_variable_values

from execution.column_selection import RowEncoder
from execution.documents import Document
from execution.plan import Execution, Info, ObjectPlan
from execution.plan_compiler import PlanCompiler
from execution.scalar_serializers import Unsupported

_NO_VARIABLES = VariableValues({}, {})


class PlanExecutor:
    """`hits`: operations that a plan answered; `misses`: those that the default executor had to answer."""

    def __init__(self, schema: strawberry.Schema, encoder: RowEncoder) -> None:
        self._strawberry, self._encoder = schema, encoder
        self.hits = self.misses = 0
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001  # Strawberry shows it in no other way

    async def execute(
        self,
        document: Document,
        operation_name: str | None,
        inputs: Mapping[str, Any] | None,
        context: object,
        root: object,
    ) -> dict[str, Any] | None:
        """Return the data of the operation, which has no errors; None if the default executor has to answer it."""
        try:
            operation = document.operation(operation_name)
            if operation is None:
                raise Unsupported  # noqa: TRY301  # as everything else that a plan cannot answer
            variables = self._variables(operation, inputs)
            plan = document.plan(operation, variables, lambda: self._compiled(document, operation, variables))
            if plan is None:
                raise Unsupported  # noqa: TRY301  # as above
            data: dict[str, Any] = await Execution(Info(context, self._strawberry), variables, self._encoder).run(
                plan, root
            )
        except Exception:  # noqa: BLE001  # whatever it is, the default executor meets it again and says where
            self.misses += 1
            return None
        self.hits += 1
        return data

    def _variables(self, operation: OperationDefinitionNode, inputs: Mapping[str, Any] | None) -> VariableValues:
        if not operation.variable_definitions:
            return _NO_VARIABLES
        values = get_variable_values(self._schema, operation.variable_definitions, dict(inputs or {}))
        if not isinstance(values, VariableValues):
            raise Unsupported  # the default executor reports the errors
        return values

    def _compiled(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> ObjectPlan | None:
        try:
            return PlanCompiler(self._strawberry, document.fragments, variables).operation(operation)
        except Unsupported:
            return None
