"""Compares one answer with what the catalogue, the graph's decoders and the documented sample say of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, IntervalRefused, NoData, PlanRefused, ProblemCode, Unauthorized
from cg_client.plans.plan import REQUESTS_PER_MINUTE, Plan
from probe.documented import compare
from probe.findings import DifferenceKind, Finding, Result, Status, status_of
from probe.recorder import Exchange
from sandbox.samples import sample

LIMIT_HEADER, USE_HEADER = "api-key-max-limit", "api-key-use-limit"
_ENVELOPE = {"code", "msg", "message", "success", "data"}
_OK = 200

Data: TypeAlias = Any  # JSON


@dataclass(frozen=True)
class Outcome:
    """One request, how it ended, and the plan of the key as far as it is known. `exchange` None: no answer came."""

    endpoint: Endpoint
    params: Mapping[str, str]
    plan: Plan | None
    exchange: Exchange | None
    error: CoinglassError | None = None


class _Payload(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")


def examine(outcome: Outcome, decoders: Sequence[Decode[Any]]) -> Result:
    """Return the outcome; `decoders` are those of the graph for this endpoint."""
    if outcome.error is not None:
        return _without_payload(outcome, outcome.error)
    assert outcome.exchange is not None  # noqa: S101  # without an error there was an answer
    answer = msgspec.json.decode(outcome.exchange.body)
    data = answer.get("data")
    findings = [
        *_path(outcome.exchange, outcome.endpoint),
        *_plan(outcome),
        *_envelope(outcome.exchange, answer),
        *_headers(outcome.exchange, outcome.plan),
    ]
    if data not in (None, [], {}):
        documented = sample(outcome.endpoint.path)["data"]
        findings += _decoded(decoders, msgspec.json.decode(outcome.exchange.body, type=_Payload).data, documented)
        findings += compare(data, documented, outcome.endpoint.undocumented_units)
    if rows(data) == 0:
        findings.append(Finding(DifferenceKind.EMPTY, "no rows, whose fields could be compared", harmless=True))
    return Result(
        endpoint=outcome.endpoint,
        params=outcome.params,
        status=status_of(findings),
        findings=findings,
        http_status=outcome.exchange.status,
        rows=rows(data),
    )


def _without_payload(outcome: Outcome, error: CoinglassError) -> Result:
    findings = [_refusal(outcome, error)]
    is_refusal = isinstance(error, PlanRefused | IntervalRefused)
    return Result(
        endpoint=outcome.endpoint,
        params=outcome.params,
        status=status_of(findings) if is_refusal else Status.FAILED,
        findings=findings,
        http_status=outcome.exchange.status if outcome.exchange else None,
        reached=not (error.retryable or isinstance(error, Unauthorized)),
    )


def _refusal(outcome: Outcome, error: CoinglassError) -> Finding:
    if isinstance(error, PlanRefused | IntervalRefused):
        stated = f"the catalogue states {outcome.endpoint.plan.name} and above"
        interval = f" at {outcome.params['interval']}" if "interval" in outcome.params else ""
        what = f"refused{interval} to a {_name(outcome.plan)} key ({error}); {stated}"
        return Finding(
            DifferenceKind.PLAN_REFUSED, what, harmless=(outcome.plan or Plan.HOBBYIST) < outcome.endpoint.plan
        )
    http = f"HTTP {outcome.exchange.status}, " if outcome.exchange else ""
    return Finding(error.code, f"{http}{error}")


def _path(exchange: Exchange, endpoint: Endpoint) -> Iterator[Finding]:
    """Compare the path that was answered; the client tries the former one where CoinGlass does not know the newer."""
    if not exchange.path.endswith(endpoint.path):
        yield Finding(DifferenceKind.PATH_CHANGED, f"not known to CoinGlass, which answered at {exchange.path}")


def _plan(outcome: Outcome) -> Iterator[Finding]:
    if outcome.plan is not None and outcome.plan < outcome.endpoint.plan:
        detail = f"answered to a {_name(outcome.plan)} key; the catalogue states {outcome.endpoint.plan.name} and above"
        yield Finding(DifferenceKind.PLAN_NOT_NEEDED, detail)


def _name(plan: Plan | None) -> str:
    return "plan not known" if plan is None else plan.name


def _envelope(exchange: Exchange, answer: Mapping[str, Data]) -> Iterator[Finding]:
    if exchange.status != _OK:
        yield Finding(DifferenceKind.STATUS_CHANGED, f"HTTP {exchange.status} for a success, 200 documented")
    if answer.get("code") != "0":
        yield Finding(DifferenceKind.ENVELOPE_CHANGED, f'{answer.get("code")!r}, documented as the text "0"', "code")
    if "data" not in answer:
        yield Finding(DifferenceKind.ENVELOPE_CHANGED, "missing", "data")
    if not isinstance(answer.get("msg", ""), str | None):
        yield Finding(DifferenceKind.ENVELOPE_CHANGED, "not a text", "msg")
    for name in sorted(answer.keys() - _ENVELOPE):
        yield Finding(DifferenceKind.ENVELOPE_CHANGED, "not documented", name)


def _headers(exchange: Exchange, plan: Plan | None) -> Iterator[Finding]:
    for name in (LIMIT_HEADER, USE_HEADER):
        if not exchange.headers.get(name, "").isdecimal():
            detail = f"{exchange.headers[name]!r} is no count" if name in exchange.headers else "missing"
            yield Finding(DifferenceKind.HEADER_MISSING, detail, name.upper())
    limit, stated = limit_of(exchange), plan and REQUESTS_PER_MINUTE[plan]
    if limit is not None and stated and plan is not Plan.ENTERPRISE and limit != stated:
        detail = f"{limit} requests a minute; the catalogue states {stated} for {_name(plan)}"
        yield Finding(DifferenceKind.LIMIT_CHANGED, detail, LIMIT_HEADER.upper())


def limit_of(exchange: Exchange) -> int | None:
    """Return the requests a minute that the answer states for the key."""
    text = exchange.headers.get(LIMIT_HEADER, "")
    return int(text) if text.isdecimal() else None


def _decoded(decoders: Sequence[Decode[Any]], data: msgspec.Raw, documented: Data) -> Iterator[Finding]:
    """Yield what the graph's decoders report, once each; what they report of the documented sample is no news."""
    of_sample = msgspec.Raw(msgspec.json.encode(documented))
    known = {(one.kind, one.field) for decode in decoders for one in _reported(decode, of_sample)}
    for one in dict.fromkeys(finding for decode in decoders for finding in _reported(decode, data)):
        is_known = (one.kind, one.field) in known
        yield replace(one, detail=f"{one.detail}; as in the documented sample", harmless=True) if is_known else one
    if not decoders:
        yield Finding(DifferenceKind.NO_DECODER, "no field of the graph reads this endpoint; fields were not compared")


def _reported(decode: Decode[Any], data: msgspec.Raw) -> Iterator[Finding]:
    anomalies = AnomalyCollector()
    failed = None
    try:
        decode(data, anomalies)
    except NoData as error:
        failed = Finding(DifferenceKind.EMPTY, str(error), harmless=True)
    except CoinglassError as error:
        failed = Finding(error.code, str(error))
    except Exception as error:  # noqa: BLE001  # a fault of one decoder must not end the probe
        failed = Finding(ProblemCode.BAD_PAYLOAD, f"the decoder failed ({type(error).__name__})")
    yield from map(Finding.of, anomalies.anomalies())
    if failed is not None:
        yield failed


def rows(data: Data) -> int:
    """Return the number of rows, or of items of the longest column."""
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        return rows(data[0])
    if isinstance(data, dict):
        return max((len(one) for one in data.values() if isinstance(one, list)), default=int(bool(data)))
    return len(data) if isinstance(data, list) else int(data is not None)
