"""What CoinGlass checks before it answers: key, quota, plan, parameters, interval, names."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import get_type_hints

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, futures, spot
from cg_client.intervals import Interval
from cg_client.params.core import CoinParams, CoinSeries, PairParams, PairSeries, SeriesParams
from cg_client.plans.plan import Plan
from sandbox import envelopes
from sandbox.directory import COINS, FUNDS, listed
from sandbox.envelopes import Reply


def refusal(endpoint: Endpoint, query: Mapping[str, str], plan: Plan) -> Reply | None:
    """Return the answer to a request that CoinGlass would refuse, or None if it would not."""
    if plan < endpoint.plan:
        return envelopes.PLAN
    missing = _missing(endpoint, query)
    if missing is not None:
        return envelopes.parameter_missing(missing)
    if not _values_are_known(endpoint, query):
        return envelopes.SERVER_ERROR
    return _interval(endpoint, query, plan) or _names(endpoint, query)


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


def _values_are_known(endpoint: Endpoint, query: Mapping[str, str]) -> bool:
    hints = get_type_hints(endpoint.params)
    for name, wire in endpoint.params.source_names.items():
        kind = hints[name]
        is_enum = isinstance(kind, type) and issubclass(kind, Enum)
        if is_enum and wire in query and query[wire].lower() not in {one.value.lower() for one in kind} | _units(query):
            return False
    limit = query.get("limit", "1")
    return limit.isdecimal() and 1 <= int(limit) <= endpoint.page_rows


def _units(query: Mapping[str, str]) -> set[str]:
    """Options take the coin's own symbol as a unit."""
    return {query["symbol"].lower()} if "symbol" in query else set()


def _interval(endpoint: Endpoint, query: Mapping[str, str], plan: Plan) -> Reply | None:
    if not issubclass(endpoint.params, SeriesParams):
        return None
    interval, floor = Interval(query["interval"]), endpoint.interval_floors.get(plan)
    if interval not in endpoint.offered_intervals:
        return envelopes.SERVER_ERROR
    return envelopes.INTERVAL if floor and interval.milliseconds < floor.milliseconds else None


def _names(endpoint: Endpoint, query: Mapping[str, str]) -> Reply | None:
    if endpoint is futures.market.PAIRS_MARKETS:
        return None  # an unknown coin is an empty success here
    if endpoint is spot.market.PAIRS_MARKETS and query["symbol"] not in COINS:
        return envelopes.SERVER_ERROR
    if endpoint is etf.fund.DETAIL:
        return None if query["ticker"] in FUNDS else envelopes.SERVER_ERROR
    if issubclass(endpoint.params, PairSeries | PairParams):
        return None if _is_listed(endpoint, query["exchange"], query["symbol"]) else envelopes.PAIR_UNKNOWN
    if issubclass(endpoint.params, CoinSeries | CoinParams):
        return None if query["symbol"] in COINS else envelopes.PAIR_UNKNOWN
    return None


def _is_listed(endpoint: Endpoint, exchange: str, symbol: str) -> bool:
    return any((one.exchange, one.symbol) == (exchange, symbol) for one in listed(endpoint.path))
