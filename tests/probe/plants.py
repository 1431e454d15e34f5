"""Changes at CoinGlass, planted in the sandbox, and the differences that the probe reports for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault, FaultKind
from tests.probe.drifting_sandbox import DriftingSandbox, PlantedDrift

ACCOUNT = "/api/user/account/subscription"


@dataclass(frozen=True)
class Plant:
    """A change at `path`, and the findings, as kind and field, that name it."""

    path: str
    status: str
    findings: frozenset[tuple[str, str | None]]
    drift: PlantedDrift | None = None
    fault: FaultKind | None = None

    def plant(self, sandbox: DriftingSandbox) -> None:
        if self.drift is not None:
            sandbox.drifts.append(self.drift)
        if self.fault is not None:
            sandbox.faults.append(Fault(self.fault, self.path))

    def is_reported_in(self, endpoint: Mapping[str, Any]) -> bool:
        """Whether the probe's report of the endpoint says this and nothing else."""
        reported = {(entry["kind"], entry["field"]) for entry in endpoint["findings"] if not entry["harmless"]}
        return endpoint["status"] == self.status and reported == self.findings


def of_data(path: str, change: Callable[[Any], Any]) -> PlantedDrift:
    """Return a drift of the payload alone."""
    return PlantedDrift(path, lambda answer: answer | {"data": change(answer["data"])})


def of_rows(path: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> PlantedDrift:
    """Return a drift of each row of a list."""
    return of_data(path, lambda rows: [change(row) for row in rows])


def _renamed(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: {new if name == old else name: value for name, value in row.items()}


def _with(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda row: row | {name: change(row[name])}


def _drift(path: str, drift: Callable[[str], PlantedDrift], *findings: tuple[str, str | None]) -> Plant:
    return Plant(path, "drift", frozenset(findings), drift(path))


PLANTS: Mapping[str, Plant] = {
    "a renamed field": _drift(
        "/api/futures/price/history",
        lambda path: of_rows(path, _renamed("close", "closing_price")),
        ("FIELD_MISSING", "close"),
        ("FIELD_UNKNOWN", "closing_price"),
    ),
    "an extra field": _drift(
        "/api/futures/basis/history",
        lambda path: of_rows(path, lambda row: row | {"annualised_basis": 1.5}),
        ("FIELD_UNKNOWN", "annualised_basis"),
    ),
    "another type": _drift(
        "/api/option/info",
        lambda path: of_rows(path, _with("open_interest_usd", lambda usd: {"usd": usd})),
        ("VALUE_UNREADABLE", "open_interest_usd"),
    ),
    "text for a number": _drift(
        "/api/futures/funding-rate/oi-weight-history",
        lambda path: of_rows(path, _with("high", lambda _: "n/a")),
        ("VALUE_UNREADABLE", "high"),
    ),
    "nested differently": _drift(
        "/api/futures/supported-exchanges",
        lambda path: of_data(path, lambda names: {"list": names}),
        ("SHAPE_CHANGED", "data"),
        ("BAD_PAYLOAD", None),
    ),
    "a row without its key": _drift(
        "/api/spot/pairs-markets",
        lambda path: of_data(path, lambda rows: [{**rows[0], "symbol": None}, *rows[1:]]),
        ("ROW_SKIPPED", "symbol"),
    ),
    "seconds for milliseconds": _drift(
        "/api/futures/liquidation/history",
        lambda path: of_rows(path, _with("time", lambda time: time // 1000)),
        ("UNIT_CHANGED", "time"),
    ),
    "milliseconds for seconds": _drift(
        "/api/futures/orderbook/history",
        lambda path: of_data(path, lambda rows: [[row[0] * 1000, *row[1:]] for row in rows]),
        ("UNIT_CHANGED", "[0]"),
    ),
    "coins for billions of dollars": _drift(
        "/api/futures/open-interest/history",
        lambda path: of_rows(path, _with("open", lambda usd: float(usd) / 1e9)),
        ("UNIT_CHANGED", "open"),
    ),
    "a code that is a number": _drift(
        "/api/index/puell-multiple",
        lambda path: PlantedDrift(path, lambda answer: answer | {"code": 0}),
        ("ENVELOPE_CHANGED", "code"),
    ),
    "the payload beside the envelope": _drift(
        "/api/index/ahr999",
        lambda path: PlantedDrift(path, lambda answer: {"code": "0", "result": answer["data"]}),
        ("ENVELOPE_CHANGED", "data"),
        ("ENVELOPE_CHANGED", "result"),
    ),
    "a missing header": _drift(
        "/api/etf/bitcoin/aum",
        lambda path: PlantedDrift(path, headers={"API-KEY-USE-LIMIT": None}),
        ("HEADER_MISSING", "API-KEY-USE-LIMIT"),
    ),
    "another limit": _drift(
        "/api/etf/bitcoin/history",
        lambda path: PlantedDrift(path, headers={"API-KEY-MAX-LIMIT": "600"}),
        ("LIMIT_CHANGED", "API-KEY-MAX-LIMIT"),
    ),
    "a moved path": Plant(
        "/api/futures/rsi/list", "failed", frozenset({("NOT_FOUND", None)}), fault=FaultKind.NOT_FOUND
    ),
    "a path that moved back": Plant(
        "/api/futures/orderbook/v2/large-limit-order-history",
        "drift",
        frozenset({("PATH_CHANGED", None)}),
        fault=FaultKind.NOT_FOUND,
    ),
    "another plan": Plant(
        "/api/futures/cvd/history", "gated", frozenset({("PLAN_REFUSED", None)}), fault=FaultKind.PLAN
    ),
    "another interval floor": Plant(
        "/api/spot/price/history", "gated", frozenset({("PLAN_REFUSED", None)}), fault=FaultKind.INTERVAL
    ),
    "an account that is not found": Plant(
        ACCOUNT, "failed", frozenset({("NOT_FOUND", None)}), fault=FaultKind.NOT_FOUND
    ),
}
