"""Amounts that happen in time: taker buys and sells, liquidated longs and shorts.

Amounts are divided from above, as paths are: a week's among its days and so on down to minutes, more where the price
moved more. So the amounts of an interval are exactly those of the intervals in it, but for the rounding of floats.
"""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from sandbox.market.noise import between, draw, hashed, signed
from sandbox.market.path import FANOUT, WEEK, WIDTHS, Path, reading, widest_level
from sandbox.market.prices import price_path
from sandbox.market.shares import ShareOf, share
from sandbox.market.universe import COINS, ModelPair

_DIVISIONS = 8192  # nodes whose amounts by child are remembered
_Node: TypeAlias = tuple[float, float, float, float]


class Flow(NamedTuple):
    """Amounts in US dollars."""

    buy: float
    sell: float
    long_liquidation: float
    short_liquidation: float

    @property
    def volume(self) -> float:
        return self.buy + self.sell


class Flows:
    """The amounts of one coin on all futures exchanges or all spot exchanges."""

    def __init__(self, coin: str, *, is_spot: bool = False) -> None:
        self.coin, self.is_spot = coin, is_spot
        self._name = f"{'spot' if is_spot else 'futures'} flow {coin}"
        self._path: Path = price_path(coin)
        facts = COINS[coin]
        daily = facts.open_interest_usd * between(0.9, 2.0, self._name) * (0.16 if is_spot else 1.0)
        self._weekly, self._price = 7 * daily, facts.price

    def between(self, start: int, end: int) -> Flow:
        """Return the amounts from one time to another, in milliseconds."""
        columns = list(zip(*self._parts(start, end), strict=True)) or [(0.0,)] * 4
        return Flow(*(math.fsum(column) for column in columns))

    def bars(self, starts: range, now: int) -> list[Flow]:
        """Return the amounts of intervals; of the one under way, those up to now."""
        level, count = reading(starts.step)
        bars = []
        for start in starts:
            if start + starts.step > now:
                bars.append(self.between(start, now))
                continue
            index = start // WIDTHS[level]
            nodes = [self.node(level, index + offset) for offset in range(count)]
            bars.append(Flow(*nodes[0] if count == 1 else map(math.fsum, zip(*nodes, strict=True))))
        return bars

    def _parts(self, start: int, end: int) -> Iterator[_Node]:
        """Yield the amounts of the widest nodes that cover the time, of the last minute those of its first part."""
        while start < end:
            level = widest_level(start, end)
            width = WIDTHS[level]
            first = start // width
            node, passed = self.node(level, first), min(end, (first + 1) * width) - start
            if passed < width:
                part = passed / width
                node = (node[0] * part, node[1] * part, node[2] * part, node[3] * part)
            yield node
            start += passed

    def node(self, level: int, index: int) -> _Node:
        if level == 0:
            return self._week(index)
        fanout = FANOUT[level - 1]
        return _divided(self, level - 1, index // fanout)[index % fanout]

    def _week(self, index: int) -> _Node:
        start, high, low, _, activity = self._path.node(0, index)
        volume = self._weekly * (0.35 + 0.65 * start / self._price) * (0.5 + activity / 2)
        volume *= 0.85 + 0.3 * hashed(self._name, index)
        buys = volume * (0.5 + 0.008 * signed(f"taker {self._name}", index))
        liquidated = 0.0 if self.is_spot else volume * 0.0013
        down, up = (start - low) / start, (high - start) / start
        return buys, volume - buys, liquidated * (0.4 + 6 * down), liquidated * (0.4 + 6 * up)

    def divided(self, level: int, index: int) -> tuple[_Node, ...]:
        """Return the amounts of a node's children."""
        whole = self.node(level, index)
        fanout = FANOUT[level]
        children = [self._path.node(level + 1, index * fanout + child) for child in range(fanout)]
        bits = draw(self._name, index, level)
        usual = math.fsum(child[1] - child[2] for child in children) / fanout or 1.0
        weights = [_weights(node, usual, bits[2 * at], bits[2 * at + 1]) for at, node in enumerate(children)]
        parts = [whole[at] / math.fsum(weight[at] for weight in weights) for at in range(4)]
        return tuple((w[0] * parts[0], w[1] * parts[1], w[2] * parts[2], w[3] * parts[3]) for w in weights)


def _weights(node: tuple[float, ...], usual: float, first: int, second: int) -> _Node:
    """Return a child's share of each amount, relative to the other children; `usual` is the mean of their ranges."""
    start, high, low, close, activity = node
    size = activity * (0.7 + first / 425) * (0.6 + 0.4 * min((high - low) / usual, 4.0))
    tilt = 0.07 * max(-1.0, min((close - start) / usual, 1.0)) + 0.03 * (second / 127.5 - 1)
    down, up = (start - low) / usual, (high - start) / usual
    return size * (1 + tilt), size * (1 - tilt), size * (0.06 + down * down), size * (0.06 + up * up)


@functools.lru_cache(maxsize=_DIVISIONS)
def _divided(flows: Flows, level: int, index: int) -> tuple[_Node, ...]:
    return flows.divided(level, index)


@functools.cache
def flows_of(coin: str, *, is_spot: bool = False) -> Flows:
    return Flows(coin, is_spot=is_spot)


def part_of_flow(flow: Sequence[float], pairs: tuple[ModelPair, ...], time: int) -> Flow:
    """Return the part of a coin's amounts that happens on some of its pairs, by the shares of the week."""
    buy, sell, long, short = _part(pairs, time // WEEK)
    return Flow(flow[0] * buy, flow[1] * sell, flow[2] * long, flow[3] * short)


@functools.lru_cache(maxsize=4096)
def _part(pairs: tuple[ModelPair, ...], week: int) -> _Node:
    return (
        share(ShareOf.BUY, pairs, week),
        share(ShareOf.SELL, pairs, week),
        share(ShareOf.LONG_LIQUIDATION, pairs, week),
        share(ShareOf.SHORT_LIQUIDATION, pairs, week),
    )


def pairs_bars(pairs: tuple[ModelPair, ...], starts: range, now: int) -> list[Flow]:
    """Return the amounts of intervals on some pairs of one coin, of which there is at least one."""
    bars = flows_of(pairs[0].base, is_spot=not pairs[0].margin).bars(starts, now)
    return [part_of_flow(flow, pairs, start) for start, flow in zip(starts, bars, strict=True)]


@functools.lru_cache(maxsize=8192)
def _between(flows: Flows, start: int, end: int) -> Flow:
    """Remember the amounts of all pairs, of which lists ask for one part after another."""
    return flows.between(start, end)


def pairs_between(pairs: tuple[ModelPair, ...], start: int, end: int) -> Flow:
    """Return the amounts on some pairs of one coin from one time to another, which may lie in several weeks."""
    if not pairs:
        return Flow(0.0, 0.0, 0.0, 0.0)
    pieces, flows = [], flows_of(pairs[0].base, is_spot=not pairs[0].margin)
    while start < end:
        stop = min(end, start - start % WEEK + WEEK)
        pieces.append(part_of_flow(_between(flows, start, stop), pairs, start))
        start = stop
    return Flow(*(math.fsum(piece[at] for piece in pieces) for at in range(4)))
