"""Which documents the server executes, and what it tells about its schema."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError

from served_schema.manifest import TrustedOperation


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentPolicy:
    """`trusted_only`: no other documents are executed. `sdl`: `_service` has the SDL.

    The switches are about other documents: a trusted one may select introspection and `_service` in any case.
    """

    trusted: Sequence[TrustedOperation] = ()
    trusted_only: bool = False
    introspection: bool = True
    sdl: bool = True
    suggestions: bool = True


class FaultyDocuments(Exception):
    """Trusted documents that cannot be executed: a line for each fault, which names the operation."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def not_trusted(id_: str | None = None) -> GraphQLError:
    """Return the error of a request that trusted-only mode refuses, with the codes of Apollo's router."""
    remedy = "add the operation to the manifest (COINGLASS_TRUSTED_DOCUMENTS) and send its id as `documentId`."
    if id_ is None:
        code = "PERSISTED_QUERY_ID_REQUIRED"
        message = "This server executes trusted documents only, and this text is not in its manifest"
    else:
        code = "PERSISTED_QUERY_NOT_IN_LIST"
        message = f"No trusted document has the id {id_[:80]!r}"
    return GraphQLError(f"{message}: {remedy}", extensions={"code": code})
