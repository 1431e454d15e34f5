"""What requests would cost, by the server's dry run. It sends nothing to CoinGlass."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from coinglass_graphql_client._answers import Envelope
from coinglass_graphql_client._flow import Flow
from coinglass_graphql_client._requests import Request
from coinglass_graphql_client._session import Session
from coinglass_graphql_client.errors import Refusal, ResponseError

_HEADERS = {"X-Dry-Run": "1", "X-Priority": "backfill"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests would cost now.

    `calls` counts the calls to CoinGlass, of which cached data takes none; where `is_exact` is false, they are the most
    that there can be. `values` counts the values of the answer, `quota` the calls a minute that the server may send.
    """

    calls: int
    values: int
    is_exact: bool = True
    quota: int | None = None
    refusals: tuple[Refusal, ...] = ()


class _Estimate(msgspec.Struct):
    calls: int = 0
    values: int = 0


class _Call(msgspec.Struct):
    endpoint: str
    status: str
    parameters: dict[str, Any] = {}


class _Quota(msgspec.Struct):
    limit: int


class DryRun(msgspec.Struct):
    """The report of the server."""

    estimate: _Estimate
    complete: bool
    calls: list[_Call]
    refused: list[Refusal]
    quota: _Quota | None = None

    def fetched(self) -> set[str]:
        """Return the calls that would be sent, so that those of several reports can be counted once."""
        return {f"{call.endpoint} {sorted(call.parameters.items())}" for call in self.calls if call.status == "FETCH"}


def dry_run(session: Session, requests: Mapping[str, Request[Any]] | Request[Any]) -> Flow[Cost]:
    """Return what requests would cost together."""
    named = requests if isinstance(requests, Mapping) else {"": requests}
    return cost_of((yield from inspect(session, named)))


def inspect(session: Session, requests: Mapping[str, Request[Any]]) -> Flow[list[DryRun]]:
    """Return the server's reports about requests, of which each operation has one."""
    operations = yield from session.operations(requests, _HEADERS)
    return [_report(envelope) for envelope, _ in operations]


def _report(envelope: Envelope) -> DryRun:
    report = (envelope.extensions or {}).get("plan")
    if report is None:
        raise ResponseError("the server answered a dry run without a plan")
    try:
        return msgspec.json.decode(report, type=DryRun)
    except msgspec.MsgspecError as error:
        raise ResponseError(f"cannot read the plan of a dry run: {error}") from None


def cost_of(reports: list[DryRun]) -> Cost:
    """Return the cost of what several reports are about, calls that they share counted once."""
    fetched = set[str]().union(*(report.fetched() for report in reports if report.complete))
    unknown = sum(report.estimate.calls for report in reports if not report.complete)
    return Cost(
        calls=len(fetched) + unknown,
        values=sum(report.estimate.values for report in reports),
        is_exact=not unknown,
        quota=next((report.quota.limit for report in reports if report.quota), None),
        refusals=tuple(refusal for report in reports for refusal in report.refused),
    )
