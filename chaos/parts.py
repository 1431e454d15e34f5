"""Parts of a document: fields of the graph, each under an alias."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from cg_client.intervals import Interval
from sandbox.directory import COINS

_ENDS = """... on Problem { code message } ... on Unavailable { retryAfter }"""
_SOURCE = "source { endpoint freshness fetchedAt anomalies { kind } }"
_CLOSED = 3  # bars between a window's end and now
_BARS = 20
_INTERVALS = (Interval.H4, Interval.H6, Interval.H8, Interval.H12, Interval.D1)


@dataclass(frozen=True, slots=True)
class Part:
    """`text` selects one union, under the alias `it`."""

    name: str
    text: str


def document(parts: Iterable[Part]) -> bytes:
    return orjson.dumps({"query": "{ " + " ".join(f"{item.name}: {item.text}" for item in parts) + " }"})


def field(call: str, union_member: str, selection: str) -> str:
    return f"it: {call} {{ __typename ... on {union_member} {{ {selection} {_SOURCE} }} {_ENDS} }}"


def on_pair(name: str, exchange: str, coin: str, inner: str) -> Part:
    return Part(name, f'pair(exchange: "{exchange}", symbol: "{coin}/USDT") {{ {inner} }}')


def on_coin(name: str, coin: str, inner: str) -> Part:
    return Part(name, f'coin(symbol: "{coin}") {{ {inner} }}')


def price(arguments: str) -> str:
    return field(f"price({arguments})", "PriceSeries", "count columns { timestamp open close }")


def closed(interval: Interval, bars: int = _BARS, now: float | None = None) -> str:
    """Arguments for a window of closed bars."""
    step = interval.milliseconds
    newest = int((time.time() if now is None else now) * 1000) // step * step - _CLOSED * step
    return f'interval: {interval.name}, from: "{iso(newest - (bars - 1) * step)}", to: "{iso(newest)}"'


def mix(number: int) -> list[Part]:
    """Series, lists, a fund and options; up to a few hundred numbers ask for other series and other coins."""
    coin, interval = COINS[number % len(COINS)], _INTERVALS[number // len(COINS) % len(_INTERVALS)]
    window = closed(interval)
    funding = field(f"fundingRate({window})", "FundingSeries", "columns { timestamp close }")
    interest = field(f"openInterest({window})", "OISeries", "columns { timestamp close }")
    return [
        on_pair(f"price{number}", "Binance", coin, price(window)),
        on_pair(f"funding{number}", "OKX", coin, funding),
        on_coin(f"interest{number}", coin, interest),
        on_pair(f"market{number}", "Bybit", coin, MARKET),
        *lists(number),
    ]


def lists(number: int) -> list[Part]:
    """Return the parts that stay fresh for a few seconds up to a minute."""
    coin = COINS[number % len(COINS)]
    options = field("byExchange", "OptionsByExchange", "exchanges { exchange openInterest { usd } }")
    flows = field("flows(last: 5)", "ETFFlows", "points { timestamp flowUsd }")
    funds = field("list", "FundList", "funds { ticker aumUsd }")
    return [
        on_coin(f"byExchange{number}", coin, INTEREST_BY_EXCHANGE),
        on_coin(f"takers{number}", coin, TAKERS),
        on_coin(f"options{number}", coin, f"options {{ {options} }}"),
        Part(f"flows{number}", f"etf(asset: BTC) {{ {flows} }}"),
        Part(f"funds{number}", f"etf(asset: BTC) {{ {funds} }}"),
    ]


MARKET = field("market", "PairMarket", "symbol price { last } openInterest { usd }")
INTEREST_BY_EXCHANGE = field("openInterestByExchange", "OpenInterestByExchange", "exchanges { exchange symbol usd }")
TAKERS = field("takerVolumeByExchange", "TakerVolumeByExchange", "symbol exchanges { exchange buyUsd sellUsd }")


def turned(parts: Sequence[Part], by: int) -> list[Part]:
    """Rotate the parts, which makes another document."""
    start = by % len(parts)
    return [*parts[start:], *parts[:start]]


def iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")
