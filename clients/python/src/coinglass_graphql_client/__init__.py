"""Typed client of coinglass-graphql: CoinGlass data as typed values and data frames, sync and async.

The functions that begin requests (`pair`, `coin`, `etf` …) are those of the graph's root; see `queries`. The functions
of `live` are its subscriptions.
"""

from coinglass_graphql_client import errors
from coinglass_graphql_client._costs import Cost
from coinglass_graphql_client._history import HistoryPlan
from coinglass_graphql_client._joined import Gap, History
from coinglass_graphql_client._progress import Progress
from coinglass_graphql_client._requests import Request, SeriesRequest
from coinglass_graphql_client._session import Usage
from coinglass_graphql_client._subscriptions import Event, Subscription, Update
from coinglass_graphql_client.client import Answer, AsyncClient, Client
from coinglass_graphql_client.errors import (
    AuthenticationError,
    CheckpointError,
    ClientError,
    InvalidInputError,
    NotConnectedError,
    PlanGatedError,
    ProblemError,
    RateLimitedError,
    RefusedError,
    RequestError,
    ResponseError,
    SchemaMismatchError,
    UnavailableError,
    unwrap,
)
from coinglass_graphql_client.generated import enums, inputs, live, queries, types
from coinglass_graphql_client.generated.enums import *  # noqa: F403  # each name of the graph
from coinglass_graphql_client.generated.inputs import *  # noqa: F403  # as above
from coinglass_graphql_client.generated.queries import *  # noqa: F403  # as above
from coinglass_graphql_client.generated.types import InvalidInput, PlanGated, Problem, StreamStatus, Unavailable

__all__ = [
    "Answer",
    "AsyncClient",
    "AuthenticationError",
    "CheckpointError",
    "Client",
    "ClientError",
    "Cost",
    "Event",
    "Gap",
    "History",
    "HistoryPlan",
    "InvalidInput",
    "InvalidInputError",
    "NotConnectedError",
    "PlanGated",
    "PlanGatedError",
    "Problem",
    "ProblemError",
    "Progress",
    "RateLimitedError",
    "RefusedError",
    "Request",
    "RequestError",
    "ResponseError",
    "SchemaMismatchError",
    "SeriesRequest",
    "StreamStatus",
    "Subscription",
    "Unavailable",
    "UnavailableError",
    "Update",
    "Usage",
    "enums",
    "errors",
    "inputs",
    "live",
    "queries",
    "types",
    "unwrap",
]
__all__ += enums.__all__
__all__ += inputs.__all__
__all__ += queries.__all__
