"""What every resolver finds in `info.context`: one object per operation."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from cg_client.asker import OURSELVES, Asker
from cg_client.client import Client
from cg_client.symbols import Symbols
from resolvers.loaders import Loaders
from resolvers.validity import Validity


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Today everyone may see what the server's key may see; a caller's own key will mean an own client.

    `asker` is whose turn at the quota it is, and changes no answer.
    """

    name: str = "anonymous"
    asker: Asker = OURSELVES


@dataclass(slots=True)
class Context:
    """`deadline` in monotonic seconds of the client's clock."""

    client: Client
    symbols: Symbols
    loaders: Loaders
    caller: Caller
    request_id: str
    deadline: float
    validity: Validity

    @classmethod
    def of(cls, client: Client, symbols: Symbols, caller: Caller, request_id: str) -> "Context":
        deadline, validity = client.deadline(), Validity()
        loaders = Loaders(client, deadline, validity, caller.asker)
        return cls(client, symbols, loaders, caller, request_id, deadline, validity)

    def renewed(self) -> "Context":
        """For the next operation of the same connection."""
        return Context.of(self.client, self.symbols, self.caller, self.request_id)


Info: TypeAlias = strawberry.Info[Context, None]
