"""Checks requests as CoinGlass does before it answers: quota, plan, parameters, interval, names."""

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import get_type_hints

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, futures, spot
from cg_client.intervals import Interval
from cg_client.params.core import CoinParams, CoinSeries, PairParams, PairSeries, SeriesParams
from cg_client.plans.plan_table import Plan
from sandbox import envelopes
from sandbox.envelopes import SandboxReply
from sandbox.figures import Figures

MINUTE = 60.0


class RequestCounter:
    """Counts requests in a sliding minute; refused ones count too. `most`: the most that any minute so far has had."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.refused = 0
        self.most = 0
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self) -> bool:
        """Count a request; False if it exceeds the limit."""
        now = self._clock()
        while self._times and self._times[0] + MINUTE <= now:
            self._times.popleft()
        self._times.append(now)
        self.most = max(self.most, len(self._times))
        is_over = len(self._times) > self.limit
        self.refused += is_over
        return not is_over

    def headers(self) -> dict[str, str]:
        return {"API-KEY-MAX-LIMIT": str(self.limit), "API-KEY-USE-LIMIT": str(len(self._times))}


def refusal(endpoint: Endpoint, query: Mapping[str, str], plan: Plan, figures: Figures) -> SandboxReply | None:
    """Return the answer to a request that CoinGlass would refuse, or None if it would not."""
    if plan < endpoint.plan:
        return envelopes.PLAN
    missing = _missing(endpoint, query)
    if missing is not None:
        return envelopes.parameter_missing(missing)
    if not _values_are_valid(endpoint, query):
        return envelopes.SERVER_ERROR
    return _interval(endpoint, query, plan) or _names(endpoint, query, figures)


def _missing(endpoint: Endpoint, query: Mapping[str, str]) -> str | None:
    required = [
        endpoint.params.source_names[field.name]
        for field in dataclasses.fields(endpoint.params)
        if field.default is dataclasses.MISSING
    ]
    optional_pages = ("page", "per_page")
    if endpoint.limit_required:
        required.append("limit")
    return next((name for name in required if name not in query and name not in optional_pages), None)


def _values_are_valid(endpoint: Endpoint, query: Mapping[str, str]) -> bool:
    hints = get_type_hints(endpoint.params)
    for name, source_name in endpoint.params.source_names.items():
        kind, value = hints[name], query.get(source_name)
        if value is None or not isinstance(kind, type) or not issubclass(kind, Enum):
            continue
        if value.lower() not in {member.value.lower() for member in kind} | _units(query):
            return False
    limit = query.get("limit", "1")
    return limit.isdecimal() and 1 <= int(limit) <= endpoint.page_rows


def _units(query: Mapping[str, str]) -> set[str]:
    """Return the units that options take beside the enum: the coin's symbol."""
    return {query["symbol"].lower()} if "symbol" in query else set()


def _interval(endpoint: Endpoint, query: Mapping[str, str], plan: Plan) -> SandboxReply | None:
    if not issubclass(endpoint.params, SeriesParams):
        return None
    interval, floor = Interval(query["interval"]), endpoint.interval_floors.get(plan)
    if interval not in endpoint.offered_intervals:
        return envelopes.SERVER_ERROR
    return envelopes.INTERVAL if floor and interval.milliseconds < floor.milliseconds else None


def _names(endpoint: Endpoint, query: Mapping[str, str], figures: Figures) -> SandboxReply | None:
    if endpoint is futures.market.PAIRS_MARKETS:
        return None  # an unknown coin is an empty success here
    if endpoint is spot.PAIRS_MARKETS and query["symbol"] not in figures.coins:
        return envelopes.SERVER_ERROR
    if endpoint is etf.FUND_DETAIL:
        return None if query["ticker"] in figures.funds else envelopes.SERVER_ERROR
    if issubclass(endpoint.params, PairSeries | PairParams):
        is_listed = (endpoint.path.startswith("/api/spot/"), query["exchange"], query["symbol"]) in figures.pairs
        return None if is_listed else envelopes.PAIR_UNKNOWN
    if issubclass(endpoint.params, CoinSeries | CoinParams):
        return None if query["symbol"] in figures.coins else envelopes.PAIR_UNKNOWN
    return None
