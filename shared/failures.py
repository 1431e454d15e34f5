"""Errors of the client of Redis, as errors of the store."""

from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shared.errors import CommandRefused

FAILURES = (RedisError, OSError, EOFError)  # of a connection
AWAY = (BusyLoadingError, ClusterDownError, ReadOnlyError, TryAgainError)  # MASTERDOWN is a kind of CLUSTERDOWN
_AWAY_CODES = ("BUSY", "NOREPLICAS", "MISCONF")


def code_of(error: ResponseError) -> str:
    code = getattr(error, "status_code", None)
    if isinstance(code, str) and code:
        return code
    first = str(error).partition(" ")[0]
    return first if first.isupper() else "ERR"


def is_away(error: ResponseError) -> bool:
    """Return whether the server refuses everything, or all writes, until somebody or something else acts."""
    return isinstance(error, AWAY) or code_of(error) in _AWAY_CODES


def refusal(error: ResponseError) -> CommandRefused:
    return CommandRefused(str(error), code_of(error))
