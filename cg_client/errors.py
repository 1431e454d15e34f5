"""What can go wrong between a field and CoinGlass, grouped by what the reader can do about it.

CoinglassError
 ├ RequestRefused          not sent
 │  ├ PlanRequired           the plan lacks the endpoint
 │  ├ IntervalTooFine        the plan's floor lies above the interval
 │  ├ HistoryTooDeep         the plan's history is shorter
 │  ├ BeyondRetention        CoinGlass itself keeps less
 │  ├ StartsTooLate          could not start before the deadline
 │  │  ├ QuotaExhausted      the quota is spent
 │  │  │  ├ ShareExhausted   the client's share of it is
 │  │  │  └ QueueFull        too many calls of the client wait for the quota
 │  │  ├ NoQuotaPart         this server has no part of the quota that it shares with others
 │  │  └ RequestsPaused      CoinGlass requested a pause
 │  ├ CircuitOpen            CoinGlass fails for this group of endpoints, which is not called
 │  └ ConnectionsBusy        no connection was free for this group before the deadline
 ├ UpstreamFailed          sent
 │  ├ PlanRefused, IntervalRefused     by CoinGlass; the gate turns them into the first two above
 │  ├ Unauthorized           the key is missing or unknown
 │  ├ NotFound               no such pair on the exchange, or nothing else by that name
 │  │  └ UnknownPath         no such path
 │  ├ RateLimited            429, in the status or in the body
 │  ├ UpstreamTimeout        no answer in time
 │  ├ UpstreamUnavailable    transport error, server error, a body that is not JSON, or a page in front of CoinGlass
 │  └ UpstreamRejected       CoinGlass refused the parameters
 ├ PayloadMismatch         answered with what the type cannot hold
 └ NoData                  answered without data
    └ StreamSilent           accepts subscriptions, and sends no events

InvalidRequest             the request makes no sense; nothing is sent
 ├ UnknownName             a coin, pair or exchange that is not listed
 │  └ UnknownExchange        the exchange is not in the listing of one market
 └ BadArgument             a value out of its range, or arguments that contradict each other
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final

from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan

_PART_SECONDS: Final = 2.0  # after which a server that has reached its store has a part of the quota


class ProblemCode(Enum):
    PLAN_REQUIRED = "PLAN_REQUIRED"
    INTERVAL_TOO_FINE = "INTERVAL_TOO_FINE"
    HISTORY_TOO_DEEP = "HISTORY_TOO_DEEP"
    RATE_LIMITED = "RATE_LIMITED"
    QUOTA_EXHAUSTED = "QUOTA_EXHAUSTED"
    TIMEOUT = "TIMEOUT"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    UNAUTHORIZED = "UNAUTHORIZED"
    NOT_FOUND = "NOT_FOUND"
    NO_DATA = "NO_DATA"
    BAD_PAYLOAD = "BAD_PAYLOAD"
    BAD_USER_INPUT = "BAD_USER_INPUT"


class GateSource(Enum):
    """Who decided that the plan does not include something."""

    CATALOGUE = "CATALOGUE"
    UPSTREAM = "UPSTREAM"


class UnavailableReason(Enum):
    """What keeps CoinGlass from answering."""

    CONNECT = "connect"
    CONNECTION_LOST = "connection lost"
    HTTP_STATUS = "HTTP status"
    MALFORMED_BODY = "malformed body"
    ENVELOPE = "envelope"


class CoinglassError(Exception):
    """`endpoint` is the upstream path, set by the client; `retryable`: the same request can succeed later.

    `attempts`: how many were made, also set by the client; one without a connection counts, and sends nothing.
    """

    code: ClassVar[ProblemCode] = ProblemCode.UPSTREAM_ERROR
    retryable: ClassVar[bool] = False
    endpoint: str = ""
    attempts: int = 0

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RequestRefused(CoinglassError):
    """Nothing was sent."""


class Gated(RequestRefused):
    """The plan lacks what was requested. `required` is by the catalogue, `current` the key's plan or None."""

    def __init__(self, message: str, *, required: Plan, current: Plan | None, decided_by: GateSource) -> None:
        super().__init__(message)
        self.required, self.current, self.decided_by = required, current, decided_by


class PlanRequired(Gated):
    code = ProblemCode.PLAN_REQUIRED


class IntervalTooFine(Gated):
    code = ProblemCode.INTERVAL_TOO_FINE

    def __init__(
        self, message: str, *, floor: Interval | None, required: Plan, current: Plan | None, decided_by: GateSource
    ) -> None:
        super().__init__(message, required=required, current=current, decided_by=decided_by)
        self.floor = floor


class HistoryTooDeep(Gated):
    code = ProblemCode.HISTORY_TOO_DEEP

    def __init__(self, message: str, *, available_from: datetime, required: Plan, current: Plan | None) -> None:
        super().__init__(message, required=required, current=current, decided_by=GateSource.CATALOGUE)
        self.available_from = available_from


class BeyondRetention(RequestRefused):
    code = ProblemCode.NO_DATA

    def __init__(self, message: str, *, available_from: datetime) -> None:
        super().__init__(message)
        self.available_from = available_from


class StartsTooLate(RequestRefused):
    """The request could not start before the deadline of its caller."""

    retryable = True


class QuotaExhausted(StartsTooLate):
    code = ProblemCode.QUOTA_EXHAUSTED

    def __init__(self, retry_after: float, fact: str = "The quota of requests a minute is spent") -> None:
        super().__init__(f"{fact}; a request could start in {retry_after:.0f} s at the earliest.", retry_after)


class ShareExhausted(QuotaExhausted):
    """Others have room in the quota."""


class QueueFull(QuotaExhausted):
    def __init__(self, retry_after: float, waiting: int) -> None:
        fact = f"This client has {waiting} requests in the queue for the quota, which is the most that it may have"
        super().__init__(retry_after, f"{fact}: request less at a time")


class NoQuotaPart(StartsTooLate):
    """Nobody knows when that ends; another server may have a part."""

    code = ProblemCode.QUOTA_EXHAUSTED

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}.", _PART_SECONDS)


class RequestsPaused(StartsTooLate):
    code = ProblemCode.RATE_LIMITED

    def __init__(self, retry_after: float, fact: str) -> None:
        super().__init__(f"{fact}; requests go on in {retry_after:.0f} s.", retry_after)


class CircuitOpen(RequestRefused):
    code = ProblemCode.CIRCUIT_OPEN
    retryable = True

    def __init__(self, group: str, retry_after: float) -> None:
        fact = f"CoinGlass fails to answer for {group}; requests go on in {retry_after:.0f} s at the earliest."
        super().__init__(fact, retry_after)


class ConnectionsBusy(RequestRefused):
    code = ProblemCode.TIMEOUT
    retryable = True

    def __init__(self, group: str) -> None:
        super().__init__(
            f"CoinGlass is slow to answer for {group}: its share of the connections did not become free in time."
        )


class UpstreamFailed(CoinglassError):
    """A request without a payload.

    `before` is the failure of the call's previous attempt. `sent`: CoinGlass may have received it, and counts it.
    `seconds`: what the attempt took, if no response came.
    """

    before: "UpstreamFailed | None" = None
    sent = True
    seconds = 0.0


class PlanRefused(UpstreamFailed):
    code = ProblemCode.PLAN_REQUIRED


class IntervalRefused(UpstreamFailed):
    code = ProblemCode.INTERVAL_TOO_FINE


class Unauthorized(UpstreamFailed):
    code = ProblemCode.UNAUTHORIZED


class NotFound(UpstreamFailed):
    code = ProblemCode.NOT_FOUND


class UnknownPath(NotFound):
    """CoinGlass has no endpoint at the path."""


class RateLimited(UpstreamFailed):
    code = ProblemCode.RATE_LIMITED
    retryable = True


class UpstreamTimeout(UpstreamFailed):
    code = ProblemCode.TIMEOUT
    retryable = True

    def __init__(self, message: str, *, had_enough_time: bool = True) -> None:
        """`had_enough_time`: CoinGlass did, so that it is slow, and the deadline was not too short."""
        super().__init__(message)
        self.had_enough_time = had_enough_time


class UpstreamUnavailable(UpstreamFailed):
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        perhaps_ours: bool = False,
        reason: UnavailableReason = UnavailableReason.ENVELOPE,
    ) -> None:
        """`perhaps_ours`: wrong parameters may be the cause, some of which CoinGlass answers so; retried only once."""
        super().__init__(message)
        self.perhaps_ours, self.reason = perhaps_ours, reason


class UpstreamRejected(UpstreamFailed):
    """Bad parameters; never retried."""


class PayloadMismatch(CoinglassError):
    code = ProblemCode.BAD_PAYLOAD

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"Field `{field}` does not hold what its type states: {detail}.")
        self.field = field


class NoData(CoinglassError):
    code = ProblemCode.NO_DATA


class StreamSilent(NoData):
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "CoinGlass' WebSocket accepts the subscriptions and sends nothing; the plan of the key may not include it."
        )


class InvalidRequest(Exception):
    """A request that makes no sense; the message names the remedy.

    `argument` is the GraphQL argument to change, if there is one; `suggestions` are values that would do. `endpoint` is
    the path concerned. A `lasting` error does not depend on the time.
    """

    code: ClassVar[ProblemCode] = ProblemCode.BAD_USER_INPUT
    endpoint: str = ""

    def __init__(
        self, message: str, argument: str | None = None, suggestions: Sequence[str] = (), *, lasting: bool = True
    ) -> None:
        super().__init__(message)
        self.argument, self.suggestions, self.lasting = argument, list(suggestions), lasting


class UnknownName(InvalidRequest):
    """No such coin, pair or exchange at present; `suggestions` are the nearest real names."""

    def __init__(self, message: str, suggestions: Sequence[str], argument: str | None = None) -> None:
        super().__init__(message, argument, suggestions, lasting=False)


class UnknownExchange(UnknownName):
    """The listing of one market lacks the exchange `name`; another listing may have it."""

    def __init__(self, message: str, suggestions: Sequence[str], name: str) -> None:
        super().__init__(message, suggestions, "exchange")
        self.name = name


class BadArgument(InvalidRequest):
    """A value out of its range, or arguments that contradict each other."""
