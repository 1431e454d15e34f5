"""What a client raises.

* `ClientError`
    * `ProblemError`: a field has no payload; `problem` says why
        * `PlanGatedError`, `UnavailableError`, `InvalidInputError`
    * `RequestError`: the server refused the whole request; `errors` says why
        * `AuthenticationError`
        * `SchemaMismatchError`: the server lacks what this version of the client requests
        * `RateLimitedError`: beyond the caller's budget, or too many connections; `retry_after`
    * `RefusedError`: a history was not begun, as the plan does not include it or its arguments are wrong
    * `NotConnectedError`: no connection, no answer in time, or the connection broke
    * `ResponseError`: the answer is not one of a coinglass-graphql server
    * `CheckpointError`: the checkpoint belongs to another history
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from coinglass_graphql_client.generated.types import InvalidInput, PlanGated, Problem, Unavailable

T = TypeVar("T")


class ClientError(Exception):
    """The base of what a client raises."""


class ProblemError(ClientError):
    """A field has no payload."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.message}")
        self.problem = problem


class PlanGatedError(ProblemError):
    """The CoinGlass plan does not include it."""

    problem: PlanGated


class UnavailableError(ProblemError):
    """A failure that the rest of the answer does not share; `problem.retryable` and `retry_after` say what to do."""

    problem: Unavailable


class InvalidInputError(ProblemError):
    """An argument is wrong; `problem.suggestions` has the nearest values."""

    problem: InvalidInput


@dataclass(frozen=True, slots=True)
class GraphError:
    """An entry of `errors`."""

    message: str
    code: str = ""
    path: tuple[str | int, ...] = ()
    extensions: dict[str, Any] = field(default_factory=dict)


class RequestError(ClientError):
    """The server refused the request as a whole."""

    def __init__(self, errors: tuple[GraphError, ...], status: int) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.code or f'HTTP {status}'}: {first.message}{more}")
        self.errors = errors
        self.status = status

    @property
    def code(self) -> str:
        """The code of the first error."""
        return self.errors[0].code


class AuthenticationError(RequestError):
    """The credentials are missing or not valid, or lack the right."""


class SchemaMismatchError(RequestError):
    """The server lacks a field, an argument or a type that this version of the client requests."""

    def __str__(self) -> str:
        return (
            f"{super().__str__()} This client was generated from another version of the schema than the server has: "
            "update the server, or install the client of the server's version. Until then, `execute` takes a document "
            "without what the server lacks."
        )


class RateLimitedError(RequestError):
    """The request is beyond the budget of the caller. None as `retry_after` means that it never fits."""

    def __init__(self, errors: tuple[GraphError, ...], status: int, retry_after: float | None) -> None:
        super().__init__(errors, status)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a request that the server would refuse without asking CoinGlass."""

    code: str
    message: str
    endpoint: str = ""


class RefusedError(ClientError):
    """A dry run shows that parts would be refused; nothing was sent."""

    def __init__(self, refusals: tuple[Refusal, ...], remedy: str = "") -> None:
        texts = [*dict.fromkeys(f"{refusal.code}: {refusal.message}" for refusal in refusals)]
        super().__init__(" ".join([*texts, remedy] if remedy else texts))
        self.refusals = refusals


class NotConnectedError(ClientError):
    """There was no connection, or no whole answer."""


class ResponseError(ClientError):
    """The answer is not one of a coinglass-graphql server."""


class CheckpointError(ClientError):
    """The folder has the checkpoint of another history."""


_ERRORS: dict[type[Any], type[ProblemError]] = {
    PlanGated: PlanGatedError,
    Unavailable: UnavailableError,
    InvalidInput: InvalidInputError,
}


def unwrap(result: T | PlanGated | Unavailable | InvalidInput) -> T:
    """Return the payload, or raise the problem."""
    if isinstance(result, PlanGated | Unavailable | InvalidInput):
        raise _ERRORS[type(result)](result)
    return result
