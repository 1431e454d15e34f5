"""Requests of the modelled market: for each endpoint, parameters that the market has figures for."""

import dataclasses
import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, get_args, get_type_hints

import msgspec
from hypothesis import strategies as st

from cg_client.catalogue import CATALOGUE
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.intervals import Interval
from cg_client.params.core import DEPTHS, Example, PairParams, PairSeries, Params, SeriesParams
from cg_client.params.positions import TAG_INTERVALS, HyperliquidTagHistory
from cg_client.plans.plan_table import Plan
from sandbox.figures import MARKET
from sandbox.market.registry import MODELS
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, PAIRS
from sandbox.windows import Query
from served_schema.decoders import decoders
from tests.cases import SCHEMA

NOW = 1_795_931_999_983  # in November 2026, some seconds before a full hour
WITHOUT_MODEL = {account.SUBSCRIPTION: "answers what the sandbox itself knows: its plan"}
ENDPOINTS = [endpoint for endpoint in CATALOGUE.values() if endpoint not in WITHOUT_MODEL]
SERIES = [endpoint for endpoint in ENDPOINTS if issubclass(endpoint.params, SeriesParams)]
MAX_ROWS = 60  # of a request, so that many can be made

_DECODERS = decoders(SCHEMA._schema)
_FUTURES = [(exchange, symbol) for is_spot, exchange, symbol in PAIRS if not is_spot]
_SPOT = [(exchange, symbol) for is_spot, exchange, symbol in PAIRS if is_spot]
_CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "depth_percent": st.sampled_from(DEPTHS),
    "exchanges": st.lists(st.sampled_from(list(FUTURES_EXCHANGES)), min_size=1, max_size=4, unique=True).map(tuple),
    "last": st.integers(1, MAX_ROWS),
    "page": st.integers(1, 4),
    "per_page": st.integers(1, 30),
    "window": st.integers(1, 30),
    "fast_window": st.integers(1, 15),
    "slow_window": st.integers(16, 30),
    "signal_window": st.integers(1, 9),
    "multiplier": st.floats(0.5, 4).map(lambda multiple: round(multiple, 2)),
    "min_usd": st.sampled_from([0.0, 1_000.0, 50_000.0]),
    "usd": st.integers(1, 1_000_000),
    "symbol": st.sampled_from(list(COINS)),
}
_ENDS = st.none() | st.integers(0, 700 * 86_400).map(lambda age: datetime.fromtimestamp(NOW / 1000 - age, UTC))


def data_of(endpoint: Endpoint, query: Query, *, plan: Plan = Plan.ENTERPRISE, now: int = NOW) -> Any:
    return MARKET.data(endpoint, query, plan, now)


def anomalies_of(endpoint: Endpoint, data: Any) -> list[Any]:
    """Return what the graph's decoders cannot read of the data."""
    raw, collector = msgspec.Raw(msgspec.json.encode(data)), AnomalyCollector(str)
    for decode in _DECODERS.get(endpoint, ()):
        decode(raw, collector)
    return list(collector.anomalies())


def requests(endpoint: Endpoint) -> st.SearchStrategy[Query]:
    """Return queries as the client sends them, of windows at any time of the last years."""
    return _params(endpoint).map(lambda params: params.query())


@functools.cache
def _params(endpoint: Endpoint) -> st.SearchStrategy[Params]:
    strategies = dict(_fields(endpoint))
    if issubclass(endpoint.params, PairSeries | PairParams):
        pairs = st.sampled_from(_SPOT if endpoint.path.startswith("/api/spot/") else _FUTURES)
        strategies |= {"exchange": pairs.map(lambda pair: pair[0]), "symbol": pairs.map(lambda pair: pair[1])}
        return pairs.flatmap(
            lambda pair: st.builds(
                endpoint.params, **strategies | {"exchange": st.just(pair[0]), "symbol": st.just(pair[1])}
            )
        )
    return st.builds(endpoint.params, **strategies)


def _fields(endpoint: Endpoint) -> Iterator[tuple[str, st.SearchStrategy[Any]]]:
    hints = get_type_hints(endpoint.params, include_extras=True)
    for field in dataclasses.fields(endpoint.params):
        kind, marks = get_args(hints[field.name])[0], hints[field.name].__metadata__
        example = next((mark for mark in marks if isinstance(mark, Example)), None)
        is_required = field.default is dataclasses.MISSING
        strategy = _strategy(endpoint, field.name, kind, example, is_required=is_required)
        if strategy is not None:
            yield field.name, strategy


def _strategy(
    endpoint: Endpoint, name: str, kind: Any, example: Example | None, *, is_required: bool
) -> st.SearchStrategy[Any] | None:
    """Return values of one parameter; None leaves it out."""
    is_series = issubclass(endpoint.params, SeriesParams)
    if kind is Interval and endpoint.params is HyperliquidTagHistory:
        return st.sampled_from(TAG_INTERVALS)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(endpoint.offered_intervals if kind is Interval else kind))
    if name in _CHOICES and (is_required or name != "exchanges"):
        return _CHOICES[name]
    if name == "exchange" and endpoint.path.startswith("/api/futures/"):
        return st.sampled_from(list(FUTURES_EXCHANGES))
    if is_required and example is not None:
        return st.just(moment(NOW) + example.value if isinstance(example.value, timedelta) else example.value)
    return _ENDS if name == "to" and is_series else None


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def has_model(endpoint: Endpoint) -> bool:
    return endpoint in MODELS
