"""Subscriptions as values, and what a client does with their events. Nothing is sent here."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import msgspec

from coinglass_graphql_client._answers import Envelope, kind_of, read_problem
from coinglass_graphql_client._flow import Reply
from coinglass_graphql_client._merging import with_changes, with_events
from coinglass_graphql_client._requests import Step, Variables, problem_fragment
from coinglass_graphql_client._session import as_mismatch, read_envelope, retry_after
from coinglass_graphql_client.errors import (
    AuthenticationError,
    ClientError,
    RateLimitedError,
    RequestError,
    ResponseError,
    unwrap,
)
from coinglass_graphql_client.generated.selections import SELECTIONS
from coinglass_graphql_client.generated.types import InvalidInput, PlanGated, StreamStatus, Unavailable

T = TypeVar("T", bound=msgspec.Struct)
T_co = TypeVar("T_co", covariant=True)

EVENT_STREAM = "text/event-stream"
SILENCE_SECONDS = 45.0  # the server sends something every 15 seconds
_FIRST_DELAY = 1.0
_MAX_DELAY = 30.0
_OK = 200
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}
_TEMPORARY_CODES = {"SERVICE_UNAVAILABLE", "TOO_MANY_CONNECTIONS"}


@dataclass(frozen=True, slots=True)
class Subscription(Generic[T_co]):
    """A field of the graph that a client can follow; `answer` is the type of the figures in its updates."""

    step: Step
    answer: type[T_co]
    selected: str

    def __str__(self) -> str:
        return str(self.step)

    def body(self, after: str) -> bytes:
        """Return the operation, which goes on after the cursor."""
        variables = Variables()
        arguments = [f"{each.name}: ${variables.add(each)}" for each in self.step.arguments]
        text = (
            f"subscription({', '.join([*variables.types, '$after: String'])}) {{\n"
            f"it: {self.step.field}({', '.join([*arguments, 'after: $after'])}) {{ __typename\n"
            f"... on {self.selected}Update {{ cursor isSnapshot data {SELECTIONS[self.selected]} }}\n"
            f"... on StreamStatus {SELECTIONS['StreamStatus']}\n...ProblemFields }} }}\n{problem_fragment()}"
        )
        return msgspec.json.encode({"query": text, "variables": {**variables.values, "after": after or None}})


@dataclass(frozen=True, slots=True)
class Update(Generic[T_co]):
    """New figures.

    `data` is what the client has: of a series or a list all rows, the changed ones replaced; of a channel, such as
    trades, the rows that came, or the newest `keep`. `changes` is what came: all if `is_snapshot`.
    """

    data: T_co
    changes: T_co
    is_snapshot: bool
    cursor: str


Event: TypeAlias = Update[T_co] | StreamStatus | Unavailable | PlanGated
"""What a subscription yields: new figures, a status of the stream, or why nothing comes at present."""


class _Update(msgspec.Struct):
    cursor: str
    is_snapshot: bool = msgspec.field(name="isSnapshot")
    data: msgspec.Raw


class Stream(Generic[T]):
    """The state of a subscription over all of its connections.

    A connection is opened with `body`, its response is passed to `accept` and the pieces of it to `read`; then
    `is_over`, or the next one follows after `delay` seconds.
    """

    def __init__(self, subscription: Subscription[T], keep: int | None) -> None:
        self._subscription, self._keep = subscription, keep
        self._cursor = ""
        self._data: T | None = None
        self._has_snapshot = False
        self._buffer = b""
        self._failures = 0
        self._least_delay = 0.0
        self._has_events = self._is_refused = False  # of this connection
        self.was_open = self.is_over = False

    def body(self) -> bytes:
        """Return the body of the next request."""
        return self._subscription.body(self._cursor)

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """Return whether the response is a stream of events. If not, it is for `refuse`."""
        self._buffer, self._has_events, self._is_refused, self._least_delay = b"", False, False, 0.0
        is_stream = status == _OK and headers.get("content-type", "").startswith(EVENT_STREAM)
        self.was_open = self.was_open or is_stream
        return is_stream

    def refuse(self, reply: Reply) -> None:
        """Note when to try again; raises a `ClientError` for what would be refused again."""
        if reply.status in _TEMPORARY:
            self._least_delay = retry_after(reply.headers) or 0.0
            return
        _read(reply)
        raise ResponseError(f"HTTP status {reply.status} with data, but no events")

    def delay(self) -> float:
        """Return the seconds until the next attempt."""
        longest = min(_MAX_DELAY, _FIRST_DELAY * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(self._least_delay, random.uniform(0.5, 1) * longest)  # noqa: S311  # no secret

    def read(self, piece: bytes) -> Iterator[Event[T]]:
        """Yield the events that a further piece of the response completes."""
        self._buffer += piece.replace(b"\r", b"")  # which JSON escapes
        while not (self.is_over or self._is_refused) and b"\n\n" in self._buffer:
            message, _, self._buffer = self._buffer.partition(b"\n\n")
            fields = dict(line.split(b": ", 1) for line in message.split(b"\n") if b": " in line)
            kind, data = fields.get(b"event", b""), fields.get(b"data", b"")
            if kind.strip() == b"complete":
                self.is_over = True
            elif kind == b"next":
                event = self._event(data)
                if event is not None:
                    yield event

    def _event(self, data: bytes) -> Event[T] | None:
        """Return an event; None for a refusal that is temporary, after which the connection brings nothing."""
        try:
            envelope = _read(Reply(_OK, {"content-type": EVENT_STREAM}, data))
        except ClientError as error:
            if not self._is_temporary(error):
                raise
            self._is_refused = True
            return None
        self._has_events, self._failures = True, 0
        raw = (envelope.data or {}).get("it", msgspec.Raw(b"null"))
        try:
            return self._take(raw)
        except msgspec.MsgspecError as error:
            raise ResponseError(f"cannot read an event of {self._subscription}: {error}") from None

    def _take(self, raw: msgspec.Raw) -> Event[T]:
        kind = kind_of(raw)
        if kind == f"{self._subscription.selected}Update":
            return self._update(msgspec.json.decode(raw, type=_Update))
        if kind == "StreamStatus":
            status = msgspec.json.decode(raw, type=StreamStatus)
            self._cursor = status.cursor or self._cursor
            return status
        problem = read_problem(raw, kind)
        return unwrap(problem) if isinstance(problem, InvalidInput) else problem  # after which nothing follows

    def _update(self, update: _Update) -> Update[T]:
        changes = msgspec.json.decode(update.data, type=self._subscription.answer)
        self._cursor = update.cursor
        if update.is_snapshot:
            self._data, self._has_snapshot = changes, True
        elif self._has_snapshot and self._data is not None:
            self._data = with_changes(self._data, changes)
        else:
            self._data = changes if self._keep is None else with_events(self._data, changes, self._keep)
        return Update(self._data, changes, update.is_snapshot, update.cursor)

    def _is_temporary(self, error: ClientError) -> bool:
        """Tell whether the next attempt may succeed: there may be room, or the credentials have been renewed."""
        if isinstance(error, RateLimitedError):
            self._least_delay = error.retry_after or 0.0
            return error.retry_after is not None
        if isinstance(error, AuthenticationError):
            return self._has_events
        return isinstance(error, RequestError) and error.code in _TEMPORARY_CODES


def _read(reply: Reply) -> Envelope:
    try:
        return read_envelope(reply)
    except RequestError as error:
        raise as_mismatch(error) from None
