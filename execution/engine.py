"""What is kept between operations so that the next one is answered faster, and the schema that uses it."""

from execution.documents import Documents, KnownDocuments
from execution.executor import BulkExecutor, Counts
from execution.fragments import Fragments
from execution.object_types import resolve_by_class
from execution.schema import KnownSchema
from execution.self_check import agrees
from schema.build import parts
from schema.limits import CALLS_AT_MOST, is_fixed


class Engine:
    """`fragment_bytes` bounds the encoded lists; `in_bulk` is false where the bulk executor failed its self-check."""

    def __init__(self, fragment_bytes: int, calls_at_most: int = CALLS_AT_MOST) -> None:
        self.documents = Documents()
        self.fragments = Fragments(fragment_bytes)
        self.counts = Counts()
        self.in_bulk = agrees(BulkExecutor.over(Documents(), Fragments(fragment_bytes), Counts()))
        bulk = BulkExecutor.over(self.documents, self.fragments, self.counts)
        self.schema = self._built(calls_at_most, bulk if self.in_bulk else None)

    def _built(self, calls_at_most: int, executor: type[BulkExecutor] | None) -> KnownSchema:
        made = parts(calls_at_most)
        made["extensions"].append(lambda: KnownDocuments(self.documents, is_fixed))
        schema = KnownSchema(self.documents, **made, execution_context_class=executor)
        resolve_by_class(schema._schema)  # noqa: SLF001  # Strawberry shows it in no other way
        return schema
