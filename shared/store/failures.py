"""Errors of the client of Redis, as errors of the store with what an operator can do."""

import ssl

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    InvalidResponse,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shared.store.errors import CommandRefused

FAILURES = (RedisError, OSError, EOFError)  # of a connection
AWAY = (BusyLoadingError, ClusterDownError, ReadOnlyError, TryAgainError)  # MASTERDOWN is a kind of CLUSTERDOWN
_REMEDIES: tuple[tuple[tuple[type[Exception], ...], tuple[str, ...], str], ...] = (  # by kinds, or words, of an error
    (
        (),
        ("NOAUTH", "already authenticated", "without any password configured"),
        "write the password that the server wants, and none for a server that wants none",
    ),
    ((AuthenticationError,), (), "check its user and password"),
    (
        (ssl.SSLError,),
        (),
        "check its scheme, and name the authority of its certificate in ?ca_file=",
    ),
    ((ConnectionRefusedError,), (), "nothing listens there: is the store up, and the port right?"),
    ((InvalidResponse,), (), "what answers there is neither Valkey nor Redis"),
    ((), ("DB index is out of range",), "the server has no database of that number"),
    ((), ("cluster support disabled",), "the server is no Cluster: write valkey:// without +cluster"),
    ((), ("unknown command",), "the server has to be Valkey, or Redis 7.0 or newer"),
)
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
    text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return f"COINGLASS_SHARED_URL: {text}{_remedy(error)}"


def _remedy(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    text = f"{error} {cause}"
    for kinds, words, remedy in _REMEDIES:
        if isinstance(error, kinds) or isinstance(cause, kinds) or any(word in text for word in words):
            return f": {remedy}"
    return ""
