"""What every resolver finds in `info.context`: one object per operation."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from cg_client.client import Client
from cg_client.symbols import Symbols
from resolvers.loaders import Loaders
from resolvers.requests import Requests
from resolvers.validity import Validity


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Today everyone may see what the server's key may see; a caller's own key will mean an own client."""

    name: str = "anonymous"


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
    requests: Requests

    @classmethod
    def of(
        cls, client: Client, symbols: Symbols, caller: Caller, request_id: str, requests: Requests | None = None
    ) -> "Context":
        """`requests` None knows none yet."""
        deadline, validity = client.deadline(), Validity()
        loaders = Loaders(client, deadline, validity)
        known = requests or Requests(client)
        return cls(client, symbols, loaders, caller, request_id, deadline, validity, known)

    def renewed(self) -> "Context":
        """For the next operation of the same connection."""
        return Context.of(self.client, self.symbols, self.caller, self.request_id, self.requests)


Info: TypeAlias = strawberry.Info[Context, None]
