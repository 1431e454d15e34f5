"""What every resolver finds in `info.context`: one object per operation."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from cg_client.client import Client
from cg_client.symbols import Symbols
from resolvers.loaders import Loaders


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

    @classmethod
    def of(cls, client: Client, symbols: Symbols, caller: Caller, request_id: str) -> "Context":
        deadline = client.deadline()
        return cls(client, symbols, Loaders.over(client, deadline), caller, request_id, deadline)


Info: TypeAlias = strawberry.Info[Context, None]
