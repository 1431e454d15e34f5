"""The queries, and the order in which they are sent.

Our server and the plain one answer all texts alike. A text whose scalar fields carry `MARK` in their aliases
becomes another text with each number that the load generator writes there.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from cg_client.intervals import Interval
from sandbox.directory import FUTURES

MARK = "_@@"
OTHER_SERIES = 300  # distinct series that `in_turn` goes through
DASHBOARD_PAIRS = 20

ABOUT: Mapping[str, str] = {
    "Q1": "one point",
    "Q2": "1000 candles of 5 fields",
    "Q3": "three series of 1000 candles",
    "Q4": "20 pairs of 24 candles by aliases",
    "Q5": "500 days of ETF flows with nested tickers",
    "Q6": "columns of three series of 1000",
}

_BARS = "time open high low close"
_COLUMNS = "timestamp open high low close"
_PRICE, _FUNDING, _INTEREST = ("price", "PriceSeries"), ("fundingRate", "FundingSeries"), ("openInterest", "OISeries")
_SERIES = (_PRICE, _FUNDING, _INTEREST)
_BY_VARIABLES = "query($exchange: String!, $symbol: String!, $interval: Interval!)"
_VENUES = ("Binance", "Bybit")  # both write the code of a pair as base and quote


@dataclass(frozen=True, slots=True)
class Workload:
    """Bodies that are sent in turn; `numbered` if each has `MARK`. `warmup` fetches all series of the bodies.

    With `get`, a path, the requests are GETs of it without a body.
    """

    name: str
    bodies: tuple[bytes, ...]
    warmup: tuple[bytes, ...] = ()
    numbered: bool = False
    get: str | None = None

    def body(self, number: int) -> bytes:
        """Return the body of the request with this number."""
        return self.bodies[number % len(self.bodies)].replace(MARK.encode(), b"_%d" % number)


def repeated(query: str) -> Workload:
    """Repeat one text."""
    return Workload(f"{query} repeated", (_body(text(query)),))


def new_text(query: str) -> Workload:
    """Make each text a new one, with another alias on every scalar field."""
    return Workload(f"{query} new text", (_body(text(query, MARK)),), numbered=True)


def in_turn(query: str) -> Workload:
    """Return cached texts whose variables select another series with each request; Q5 has one series only."""
    if query == "Q5":
        return repeated(query)
    name = f"{query} in turn"
    if query == "Q4":
        bodies = tuple(_body(*item) for item in _dashboards())
        return Workload(name, bodies, bodies)
    return Workload(name, _for_each_series(query, _ON_PAIR[query]), _for_each_series(query, _warmup(query)))


def text(query: str, mark: str = "") -> str:
    """Return the query with its arguments written out."""
    if query == "Q4":
        return f"{{ {_dashboard(_pairs()[:DASHBOARD_PAIRS], 'H1', mark)} }}"
    if query == "Q5":
        points = f"{_scalars('time flowUsd priceUsd', mark)} byTicker {{ {_scalars('ticker flowUsd', mark)} }}"
        return f"{{ etf(asset: BTC) {{ flows(last: 500) {{ ... on ETFFlows {{ points {{ {points} }} }} }} }} }}"
    return f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {_ON_PAIR[query]("H1", mark)} }} }}'


def _latest_point(interval: str, mark: str) -> str:
    return _part(_FUNDING, interval, 1, f"latest {{ {_scalars('close', mark)} }}")


def _candles(interval: str, mark: str) -> str:
    return _part(_PRICE, interval, 1000, f"candles {{ {_scalars(_BARS, mark)} }}")


def _three(interval: str, mark: str) -> str:
    return " ".join(_part(item, interval, 1000, f"candles {{ {_scalars(_BARS, mark)} }}") for item in _SERIES)


def _columns(interval: str, mark: str) -> str:
    return " ".join(_part(item, interval, 1000, f"columns {{ {_scalars(_COLUMNS, mark)} }}") for item in _SERIES)


_ON_PAIR: Mapping[str, Callable[[str, str], str]] = {
    "Q1": _latest_point,
    "Q2": _candles,
    "Q3": _three,
    "Q6": _columns,
}


def _warmup(query: str) -> Callable[[str, str], str]:
    """Return a query that fetches the same series and selects next to nothing."""
    series = _SERIES if query in ("Q3", "Q6") else (_PRICE,)
    if query == "Q1":
        return _latest_point
    return lambda interval, _: " ".join(_part(item, interval, 1000, "latest { close }") for item in series)


def _part(series: tuple[str, str], interval: str, last: int, selection: str) -> str:
    field, kind = series
    return f"{field}(interval: {interval}, last: {last}) {{ ... on {kind} {{ {selection} }} }}"


def _scalars(names: str, mark: str) -> str:
    return " ".join(f"{name}{mark}: {name}" if mark else name for name in names.split())


def _dashboard(pairs: list[tuple[str, str]], interval: str, mark: str = "") -> str:
    selection = f"candles {{ {_scalars('time close', mark)} }}"
    return " ".join(
        f'p{index}: pair(exchange: "{exchange}", symbol: "{symbol}") {{ {_part(_PRICE, interval, 24, selection)} }}'
        for index, (exchange, symbol) in enumerate(pairs)
    )


def _dashboards() -> list[tuple[str, dict[str, str]]]:
    """Dashboards without a series in common: a few texts, each with every interval."""
    groups = zip(*[iter(_pairs())] * DASHBOARD_PAIRS, strict=False)
    texts = [f"query($interval: Interval!) {{ {_dashboard(list(group), '$interval')} }}" for group in groups]
    return [(item, {"interval": interval.name}) for interval, item in itertools.product(Interval, texts)]


def _for_each_series(query: str, parts: Callable[[str, str], str]) -> tuple[bytes, ...]:
    by_variables = f"{_BY_VARIABLES} {{ pair(exchange: $exchange, symbol: $symbol) {{ {parts('$interval', '')} }} }}"
    requests = OTHER_SERIES // (len(_SERIES) if query in ("Q3", "Q6") else 1)
    chosen = itertools.islice(itertools.product(_pairs(), Interval), requests)
    return tuple(
        _body(by_variables, {"exchange": exchange, "symbol": symbol, "interval": interval.name})
        for (exchange, symbol), interval in chosen
    )


def _pairs() -> list[tuple[str, str]]:
    """Pairs that the sandbox lists, a coin at a time."""
    listed = {(item.exchange, item.symbol) for item in FUTURES}
    coins = dict.fromkeys(item.base for item in FUTURES if item.exchange == _VENUES[0] and item.quote == "USDT")
    pairs = [(venue, f"{coin}USDT") for coin in coins for venue in _VENUES]
    return [item for item in pairs if item in listed]


def _body(query: str, variables: Mapping[str, str] | None = None) -> bytes:
    return orjson.dumps({"query": query} | ({"variables": variables} if variables else {}))
