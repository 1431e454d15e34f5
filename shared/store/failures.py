"""Errors of the client of Redis, as errors of the store with what an operator can do."""

import ssl

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shared.store.errors import CommandRefused

FAILURES = (RedisError, OSError, EOFError)  # of a connection
AWAY = (BusyLoadingError, ClusterDownError, ReadOnlyError, TryAgainError)  # MASTERDOWN is a kind of CLUSTERDOWN
_AWAY_CODES = {"BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED"}


class UnusableServer(RedisError):
    """A server that answers, but cannot be the store; the message says why, and names the remedy."""


def code_of(error: ResponseError) -> str:
    """Return the first word of the server's error."""
    code = getattr(error, "status_code", None)  # the library removes it from the text of errors that it has a class for
    if isinstance(code, str) and code:
        return code
    first = str(error).partition(" ")[0]
    return first if first.isupper() else "ERR"


def is_away(error: ResponseError) -> bool:
    """Return whether the server refuses everything, or all writes, until somebody or something else acts."""
    return isinstance(error, AWAY) or code_of(error) in _AWAY_CODES


def refusal(error: ResponseError) -> CommandRefused:
    return CommandRefused(str(error), code_of(error))


def reason_of(error: Exception) -> str:
    """Return one line that names the setting, without user and password."""
    text = " ".join(str(error).split()) or type(error).__name__
    return f"COINGLASS_SHARED_URL: {text}{_remedy(error)}"


def _remedy(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(error, AuthenticationError):
        return ": check its user and password"
    if isinstance(error, ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return ": check its scheme, and name the authority of its certificate in ?ca_file="
    if isinstance(error, ResponseError) and "unknown command" in str(error):
        return ": the server has to be Valkey, or Redis 7.0 or newer"
    return ""
