"""What both clients do with the server: operations, retries, answers."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from coinglass_graphql_client._answers import Envelope, problem_of_error, read_field
from coinglass_graphql_client._flow import Failure, Flow, Reply, Send, Wait, send
from coinglass_graphql_client._requests import Document, Request, check_request, document
from coinglass_graphql_client.errors import (
    AuthenticationError,
    GraphError,
    RateLimitedError,
    RequestError,
    ResponseError,
    SchemaMismatchError,
)
from coinglass_graphql_client.generated.types import Problem

T = TypeVar("T")

REQUESTS_PER_OPERATION = 20
MAX_RETRY_WAIT = 30.0  # seconds; a longer `Retry-After` is raised instead
_RATE = re.compile(r'"([a-z-]+)";r=(\d+)')
_UNAUTHENTICATED = 401
_FORBIDDEN = 403
_TOO_MANY = 429
_NOT_EXECUTED = 503  # from the server itself, or from a proxy that has no server
_OF_PROXIES = (502, 504)


@dataclass(slots=True)
class Usage:
    """What this client has used, and what is left as the server last said.

    `calls` counts the calls to CoinGlass that it caused, `quota_remaining` is what is left of the minute's quota, and
    `budget` what is left of the caller's, such as `{"calls-per-minute": 59}`, if it has one.
    """

    calls: int = 0
    quota_remaining: int | None = None
    budget: dict[str, int] = field(default_factory=dict)

    def add(self, headers: Mapping[str, str]) -> None:
        """Read the headers of a response."""
        if "ratelimit" in headers:
            self.budget = {name: int(left) for name, left in _RATE.findall(headers["ratelimit"])}
        self.calls += _whole(headers.get("x-upstream-calls")) or 0
        remaining = _whole(headers.get("x-quota-remaining"))
        self.quota_remaining = self.quota_remaining if remaining is None else remaining


@dataclass(slots=True)
class Session:
    """The state of a client, and its flows."""

    retries: int = 2
    usage: Usage = field(default_factory=Usage)

    def operation(
        self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, is_safe: bool = True
    ) -> Flow[Envelope]:
        """Send an operation and return its envelope. Repeats only what cannot have been executed, or may be twice."""
        effect = Send(body, headers or {})
        outcome = yield from send(effect)
        for attempt in range(self.retries):
            wait = _retry_wait(outcome, attempt, is_safe=is_safe)
            if wait is None:
                break
            yield Wait(wait)
            outcome = yield from send(effect)
        if isinstance(outcome, Failure):
            raise outcome.error
        self.usage.add(outcome.headers)
        return read_envelope(outcome)

    def post(self, of: Document, headers: Mapping[str, str] | None = None) -> Flow[Envelope]:
        """Send a document of requests, which are queries."""
        try:
            return (yield from self.operation({"query": of.text, "variables": of.variables}, headers))
        except RequestError as error:
            raise as_mismatch(error) from None

    def results(
        self, requests: Mapping[str, Request[Any]], headers: Mapping[str, str] | None = None
    ) -> Flow[dict[str, Any]]:
        """Fetch requests together and return payloads and problems by name."""
        results: dict[str, Any] = {}
        for envelope, aliases in (yield from self.operations(requests, headers)):
            for alias, name in aliases.items():
                results[name] = result_of(envelope, alias, requests[name])
        return {name: results[name] for name in requests}

    def operations(
        self, requests: Mapping[str, Request[Any]], headers: Mapping[str, str] | None = None
    ) -> Flow[list[tuple[Envelope, dict[str, str]]]]:
        """Send requests in as few operations as the limits allow; returns each envelope with the names by alias."""
        for request in requests.values():
            check_request(request)
        operations: list[tuple[Envelope, dict[str, str]]] = []
        pending = list(_batches(list(requests), REQUESTS_PER_OPERATION))
        while pending:
            names = pending.pop(0)
            aliases = {f"r{number}": name for number, name in enumerate(names)}
            batch = {alias: requests[name] for alias, name in aliases.items()}
            try:
                envelope = yield from self.post(document(batch), headers)
            except RequestError as error:
                if len(names) == 1 or not _is_too_large(error):
                    raise
                pending[:0] = _batches(names, len(names) // 2)
            else:
                operations.append((envelope, aliases))
        return operations

    def result(self, request: Request[T]) -> Flow[T | Problem]:
        """Fetch one request."""
        results = yield from self.results({"": request})
        result: T | Problem = results[""]
        return result


def _is_too_large(error: RequestError) -> bool:
    """Tell whether the operation is beyond a limit, or beyond the whole budget of the caller."""
    return error.code == "QUERY_TOO_COMPLEX" or (isinstance(error, RateLimitedError) and error.retry_after is None)


def result_of(envelope: Envelope, alias: str, request: Request[Any]) -> Any:
    """Return what the envelope has for a request: its payload, or the problem."""
    value = read_field(envelope.data or {}, alias, request)
    if value is not None:
        return value
    for error in envelope.errors:
        if error.path[:1] == (alias,):
            return problem_of_error(error)
    raise ResponseError(f"the server answered nothing for {request}")


def _retry_wait(outcome: Reply | Failure, attempt: int, *, is_safe: bool) -> float | None:
    """Return how long to wait before the next attempt; None if there must be none."""
    backoff = random.uniform(0.5, 1) * 2**attempt  # noqa: S311  # no secret
    if isinstance(outcome, Failure):
        return backoff if is_safe or not outcome.was_sent else None
    if outcome.status == _NOT_EXECUTED or (outcome.status in _OF_PROXIES and is_safe):
        wait = retry_after(outcome.headers)
        if wait is None:
            return backoff if is_safe else None
        return wait if wait <= MAX_RETRY_WAIT else None
    return None


def as_mismatch(error: RequestError) -> RequestError:
    """Return the error of a generated document, which is valid for a server of the same version."""
    if error.code != "GRAPHQL_VALIDATION_FAILED":
        return error
    return SchemaMismatchError(error.errors, error.status)


def read_envelope(reply: Reply) -> Envelope:
    """Read a response; raise what it refuses."""
    try:
        envelope = msgspec.json.decode(reply.content, type=Envelope)
    except msgspec.MsgspecError:
        kind = reply.headers.get("content-type", "no content type")
        raise ResponseError(
            f"HTTP status {reply.status} with {kind}: is this the address of a GraphQL server?"
        ) from None
    if envelope.data is not None or (envelope.extensions and not envelope.errors):
        return envelope
    if not envelope.errors:
        raise ResponseError(f"HTTP status {reply.status} without data and without errors")
    errors = tuple(envelope.errors)
    code = errors[0].code
    is_forbidden = reply.status == _FORBIDDEN and code == "FORBIDDEN"
    if reply.status == _UNAUTHENTICATED or code == "UNAUTHENTICATED" or is_forbidden:
        raise AuthenticationError(errors, reply.status)
    if reply.status == _TOO_MANY or code == "CLIENT_RATE_LIMITED":
        raise RateLimitedError(errors, reply.status, _wait_of(errors[0], reply))
    raise RequestError(errors, reply.status)


def _wait_of(error: GraphError, reply: Reply) -> float | None:
    stated = error.extensions.get("retryAfter")
    return float(stated) if isinstance(stated, int | float) else retry_after(reply.headers)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of `Retry-After`; None without it, or if it is a date, which this server never sends."""
    value = _whole(headers.get("retry-after"))
    return None if value is None else float(value)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() else None


def _batches(names: list[str], size: int) -> Iterator[list[str]]:
    for first in range(0, len(names), size):
        yield names[first : first + size]
