"""Kinds of failures of calls to CoinGlass, and who hears of them."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from cg_client.call import Call
from cg_client.errors import (
    CircuitOpen,
    CoinglassError,
    ConnectionsBusy,
    Gated,
    IntervalRefused,
    NoData,
    NoQuotaPart,
    NotFound,
    PayloadMismatch,
    PlanRefused,
    QuotaExhausted,
    RateLimited,
    RequestsPaused,
    Unauthorized,
    UnavailableReason,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)


class FailureKind(Enum):
    """Why a call has no payload; the values are those of metrics and of the log."""

    TIMEOUT = "timeout"
    CONNECT = "connect"  # no connection could be made
    CONNECTION_LOST = "connection_lost"
    HTTP_ERROR = "http_error"  # a status from 500 on, or a page in front of CoinGlass
    MALFORMED_BODY = "malformed_body"
    SERVER_ERROR = "server_error"  # by the code in the body of an HTTP 200
    RATE_LIMITED = "rate_limited"
    PLAN_REFUSED = "plan_refused"
    UNAUTHORIZED = "unauthorized"
    REJECTED = "rejected"  # CoinGlass refused the parameters
    NOT_FOUND = "not_found"
    BAD_PAYLOAD = "bad_payload"
    NO_DATA = "no_data"
    CIRCUIT_OPEN = "circuit_open"  # nothing was sent, as for the three below
    QUOTA_EXHAUSTED = "quota_exhausted"
    PAUSED = "paused"
    CONNECTIONS_BUSY = "connections_busy"
    OTHER = "other"


_BY_CLASS: Mapping[type[CoinglassError], FailureKind] = MappingProxyType(
    {
        UpstreamTimeout: FailureKind.TIMEOUT,
        RateLimited: FailureKind.RATE_LIMITED,
        PlanRefused: FailureKind.PLAN_REFUSED,
        IntervalRefused: FailureKind.PLAN_REFUSED,
        Gated: FailureKind.PLAN_REFUSED,
        Unauthorized: FailureKind.UNAUTHORIZED,
        UpstreamRejected: FailureKind.REJECTED,
        NotFound: FailureKind.NOT_FOUND,
        PayloadMismatch: FailureKind.BAD_PAYLOAD,
        NoData: FailureKind.NO_DATA,
        CircuitOpen: FailureKind.CIRCUIT_OPEN,
        QuotaExhausted: FailureKind.QUOTA_EXHAUSTED,
        NoQuotaPart: FailureKind.QUOTA_EXHAUSTED,
        RequestsPaused: FailureKind.PAUSED,
        ConnectionsBusy: FailureKind.CONNECTIONS_BUSY,
    }
)
_BY_REASON: Mapping[UnavailableReason, FailureKind] = MappingProxyType(
    {
        UnavailableReason.CONNECT: FailureKind.CONNECT,
        UnavailableReason.CONNECTION_LOST: FailureKind.CONNECTION_LOST,
        UnavailableReason.HTTP_STATUS: FailureKind.HTTP_ERROR,
        UnavailableReason.MALFORMED_BODY: FailureKind.MALFORMED_BODY,
        UnavailableReason.ENVELOPE: FailureKind.SERVER_ERROR,
    }
)


def kind_of(failure: CoinglassError) -> FailureKind:
    if isinstance(failure, UpstreamUnavailable):
        return _BY_REASON[failure.reason]
    classes = (_BY_CLASS.get(cls) for cls in type(failure).__mro__ if issubclass(cls, CoinglassError))
    return next((kind for kind in classes if kind is not None), FailureKind.OTHER)


class CallObserver:
    """Receives the outcome of each call. The default implementation does nothing."""

    def sent(self, call: Call, seconds: float, failure: CoinglassError | None) -> None:
        """Note one attempt, how long CoinGlass took, and how it failed; `connect` means that nothing was sent."""

    def retried(self, call: Call, failure: CoinglassError, attempt: int) -> None:
        """Note that another attempt follows the one with this number."""

    def failed(self, call: Call, failure: CoinglassError, seconds: float) -> None:
        """Note that a call failed in the end; `failure.attempts` were made."""
