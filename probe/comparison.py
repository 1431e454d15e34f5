"""Compares one answer with the catalogue, the graph's decoders and the documented sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, IntervalRefused, NoData, PlanRefused, ProblemCode, Unauthorized
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from probe.documented import compare
from probe.findings import Difference, DifferenceKind, ProbeResult, Status, status_of
from probe.recorder import HTTPExchange
from sandbox.samples import sample

LIMIT_HEADER, USE_HEADER = "api-key-max-limit", "api-key-use-limit"
_ENVELOPE = {"code", "msg", "message", "success", "data"}
_OK = 200

Data: TypeAlias = Any  # JSON


@dataclass(frozen=True)
class ProbedCall:
    """One call with its result; `plan` None: the plan of the key is unknown; `exchange` None: no answer came."""

    endpoint: Endpoint
    params: Mapping[str, str]
    plan: Plan | None
    exchange: HTTPExchange | None
    error: CoinglassError | None = None


def examine(call: ProbedCall, decoders: Sequence[Decode[Any]]) -> ProbeResult:
    """Return the differences; `decoders` are those of the graph for this endpoint."""
    if call.error is not None:
        return _without_payload(call, call.error)
    assert call.exchange is not None  # noqa: S101  # without an error there is an answer
    answer = msgspec.json.decode(call.exchange.body)
    data = answer.get("data")
    differences = [
        *_path(call.exchange, call.endpoint),
        *_plan(call),
        *_envelope(call.exchange, answer),
        *_headers(call.exchange, call.plan),
    ]
    if data not in (None, [], {}):
        documented = sample(call.endpoint.path)["data"]
        differences += _decoded(decoders, call.exchange.data, documented)
        differences += compare(data, documented, call.endpoint.undocumented_units)
    if rows(data) == 0:
        differences.append(Difference(DifferenceKind.EMPTY, "no rows to compare", harmless=True))
    return ProbeResult(
        endpoint=call.endpoint,
        params=call.params,
        status=status_of(differences),
        differences=differences,
        http_status=call.exchange.status,
        rows=rows(data),
    )


def _without_payload(call: ProbedCall, error: CoinglassError) -> ProbeResult:
    differences = [_refusal(call, error)]
    is_refusal = isinstance(error, PlanRefused | IntervalRefused)
    return ProbeResult(
        endpoint=call.endpoint,
        params=call.params,
        status=status_of(differences) if is_refusal else Status.FAILED,
        differences=differences,
        http_status=call.exchange.status if call.exchange else None,
        reached=not (error.retryable or isinstance(error, Unauthorized)),
    )


def _refusal(call: ProbedCall, error: CoinglassError) -> Difference:
    if isinstance(error, PlanRefused | IntervalRefused):
        stated = f"the catalogue states {call.endpoint.plan.name} and above"
        interval = f" at {call.params['interval']}" if "interval" in call.params else ""
        detail = f"refused{interval} to a {_name(call.plan)} key ({error}); {stated}"
        is_stated = (call.plan or Plan.HOBBYIST) < call.endpoint.plan
        return Difference(DifferenceKind.PLAN_REFUSED, detail, harmless=is_stated)
    http = f"HTTP {call.exchange.status}, " if call.exchange else ""
    return Difference(error.code, f"{http}{error}")


def _path(exchange: HTTPExchange, endpoint: Endpoint) -> Iterator[Difference]:
    """Compare the path that answered; the client tries the former path if CoinGlass does not know the newer one."""
    if not exchange.path.endswith(endpoint.path):
        yield Difference(DifferenceKind.PATH_CHANGED, f"unknown to CoinGlass, which answered at {exchange.path}")


def _plan(call: ProbedCall) -> Iterator[Difference]:
    if call.plan is not None and call.plan < call.endpoint.plan:
        detail = f"answered to a {_name(call.plan)} key; the catalogue states {call.endpoint.plan.name} and above"
        yield Difference(DifferenceKind.PLAN_NOT_NEEDED, detail)


def _name(plan: Plan | None) -> str:
    return "plan not known" if plan is None else plan.name


def _envelope(exchange: HTTPExchange, answer: Mapping[str, Data]) -> Iterator[Difference]:
    if exchange.status != _OK:
        yield Difference(DifferenceKind.STATUS_CHANGED, f"HTTP {exchange.status} for a success, 200 documented")
    if answer.get("code") != "0":
        yield Difference(DifferenceKind.ENVELOPE_CHANGED, f'{answer.get("code")!r}, documented as the text "0"', "code")
    if "data" not in answer:
        yield Difference(DifferenceKind.ENVELOPE_CHANGED, "missing", "data")
    if not isinstance(answer.get("msg", ""), str | None):
        yield Difference(DifferenceKind.ENVELOPE_CHANGED, "not a text", "msg")
    for name in sorted(answer.keys() - _ENVELOPE):
        yield Difference(DifferenceKind.ENVELOPE_CHANGED, "not documented", name)


def _headers(exchange: HTTPExchange, plan: Plan | None) -> Iterator[Difference]:
    for name in (LIMIT_HEADER, USE_HEADER):
        if not exchange.headers.get(name, "").isdecimal():
            detail = f"{exchange.headers[name]!r} is not a number" if name in exchange.headers else "missing"
            yield Difference(DifferenceKind.HEADER_MISSING, detail, name.upper())
    limit, stated = limit_of(exchange), plan and REQUESTS_PER_MINUTE[plan]
    if limit is not None and stated and plan is not Plan.ENTERPRISE and limit != stated:
        detail = f"{limit} requests a minute; the catalogue states {stated} for {_name(plan)}"
        yield Difference(DifferenceKind.LIMIT_CHANGED, detail, LIMIT_HEADER.upper())


def limit_of(exchange: HTTPExchange) -> int | None:
    """Return the requests a minute that the answer states for the key."""
    text = exchange.headers.get(LIMIT_HEADER, "")
    return int(text) if text.isdecimal() else None


def _decoded(decoders: Sequence[Decode[Any]], data: msgspec.Raw, documented: Data) -> Iterator[Difference]:
    """Yield what the graph's decoders report, once each; what they report of the documented sample too is harmless."""
    sample_data = msgspec.Raw(msgspec.json.encode(documented))
    expected = {(report.kind, report.field) for decode in decoders for report in _reported(decode, sample_data)}
    for report in dict.fromkeys(report for decode in decoders for report in _reported(decode, data)):
        if (report.kind, report.field) in expected:
            yield replace(report, detail=f"{report.detail}; as in the documented sample", harmless=True)
        else:
            yield report
    if not decoders:
        yield Difference(DifferenceKind.NO_DECODER, "no field of the graph reads this endpoint; fields not compared")


def _reported(decode: Decode[Any], data: msgspec.Raw) -> Iterator[Difference]:
    anomalies = AnomalyCollector()
    failure = None
    try:
        decode(data, anomalies)
    except NoData as error:
        failure = Difference(DifferenceKind.EMPTY, str(error), harmless=True)
    except CoinglassError as error:
        failure = Difference(error.code, str(error))
    except Exception as error:  # noqa: BLE001  # a fault of one decoder must not end the probe
        failure = Difference(ProblemCode.BAD_PAYLOAD, f"the decoder failed ({type(error).__name__})")
    yield from map(Difference.of, anomalies.anomalies())
    if failure is not None:
        yield failure


def rows(data: Data) -> int:
    """Return the number of rows, or of items of the longest column."""
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict):
        return rows(data[0])
    if isinstance(data, dict):
        return max((len(column) for column in data.values() if isinstance(column, list)), default=int(bool(data)))
    return len(data) if isinstance(data, list) else int(data is not None)
