"""Paths through time: a figure as a tree of ranges, from which candles of every interval are read.

A path is a tree. Its roots are weeks, a week has seven days, a day two halves, and so on down to minutes. Each node is
a candle (open, high, low, close). A node is split from above: the points between its children are a random bridge from
its open to its close, kept between its low and its high; a child's high and low lie between those of its parent, and
one child touches the parent's high, one its low. Therefore candles join (a child opens where the one before closed),
and the high of a candle is exactly the highest high of the candles in it, the low the lowest low, whatever the
intervals, although a candle is read without those in it. Within a minute the figure goes straight from the open over
both extremes to the close, so that a candle under way shows what has happened by now and nothing else.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from sandbox.market.noise import draw, normal_at

MINUTE, HOUR, DAY, WEEK, YEAR = 60_000, 3_600_000, 86_400_000, 604_800_000, 31_557_600_000
WIDTHS = (WEEK, DAY, 12 * HOUR, 2 * HOUR, HOUR // 2, HOUR // 4, MINUTE)
FANOUT = tuple(wide // narrow for wide, narrow in pairwise(WIDTHS))
FINEST = len(WIDTHS) - 1
_SPLITS = 16_384  # nodes whose children are remembered

# How lively the market is on each day of a week, which begins on a Thursday, and in each two hours of a day (UTC).
_RHYTHMS = (
    ((1.08, 1.04, 0.72, 0.76, 1.08, 1.14, 1.18),),
    ((0.88, 1.12),),
    ((0.98, 0.90, 0.82, 0.90, 1.10, 1.30), (1.22, 1.48, 1.22, 0.92, 0.62, 0.54)),
)
_EVEN = (1.0,) * max(FANOUT)

Node: TypeAlias = tuple[float, float, float, float, float]  # open, high, low, close, activity


class Ohlc(NamedTuple):
    open: float
    high: float
    low: float
    close: float


class Path:
    """A figure that moves through time. Compared by identity: make one object for each name.

    `weekly` is the figure at the start of the week with this number since 1970, `deviation` how far the figure wanders
    in a year: relative to its size, or with `is_relative` False in its own unit. The figure stays from `low` to `high`.
    `follows` is the name of a path whose moves this one shares, to the degree of `correlation` (-1 to 1); both are
    lively and calm at the same times.
    """

    def __init__(
        self,
        name: str,
        weekly: Callable[[int], float],
        deviation: float,
        *,
        is_relative: bool = True,
        low: float = 0.0,
        high: float = math.inf,
        follows: str = "",
        correlation: float = 0.0,
    ) -> None:
        self.name, self.low, self.high = name, low, high
        self._weekly, self._is_relative = weekly, is_relative
        self._deviations = tuple(deviation * math.sqrt(width / YEAR) for width in WIDTHS)
        self._follows, self._shared = follows, correlation
        self._rest = math.sqrt(1 - correlation * correlation)

    def bars(self, starts: range, now: int) -> list[Ohlc]:
        """Return the candles that start at these times; the one under way is as of `now`, in milliseconds."""
        level, count = reading(starts.step)
        candles = []
        for start in starts:
            if start + starts.step > now:
                candles.append(self.bar(start, now))
                continue
            index = start // WIDTHS[level]
            nodes = [self.node(level, index + offset) for offset in range(count)]
            candles.append(Ohlc(*nodes[0][:4]) if count == 1 else _joined(nodes))
        return candles

    def bar(self, start: int, end: int) -> Ohlc:
        """Return the candle from a whole minute to any time; one of no length is the figure at that time."""
        nodes = list(self._until(start, end))
        return _joined(nodes) if nodes else Ohlc(*[self.at(start)] * 4)

    def at(self, time: int) -> float:
        """Return the figure at a time in milliseconds."""
        level = next((level for level, width in enumerate(WIDTHS) if time % width == 0), FINEST)
        node, passed = self.node(level, time // WIDTHS[level]), time % WIDTHS[level]
        return _within(node, passed / MINUTE)[3] if passed else node[0]

    def node(self, level: int, index: int) -> Node:
        """Return a node; the last figure is how lively the market is in it, 1 on average."""
        if level == 0:
            return _root(self, index)
        fanout = FANOUT[level - 1]
        return _split(self, level - 1, index // fanout)[index % fanout]

    def root(self, index: int) -> Node:
        start, close = self._weekly(index), self._weekly(index + 1)
        bits = draw(self.name, index)
        wick = self._deviations[0] * (start if self._is_relative else 1.0) * 0.5
        high = min(max(start, close) + bits[0] / 256 * wick, self.high)
        low = max(min(start, close) - bits[1] / 256 * wick, self.low)
        if self._is_relative:
            low = max(low, min(start, close) / 2)
        return start, high, low, close, 0.7 + bits[2] / 425

    def split(self, level: int, index: int) -> tuple[Node, ...]:
        parent = self.node(level, index)
        start, high, low, close, activity = parent
        moves, common = draw(self.name, index, level), draw(self._follows or self.name, index, level, 1)
        lively = _activities(activity, level, index, common[: FANOUT[level]])
        scale = self._deviations[level + 1] * (start if self._is_relative else 1.0)
        steps = [scale * child * z for child, z in zip(lively, self._draws(level, index, moves), strict=True)]
        points = _bridge(start, close, steps, lively)
        _reach(points, high, low, scale, common[62], common[63])
        points[1:-1] = [_mirrored(point, low, high) for point in points[1:-1]]
        return _children(points, parent, [0.5 * scale * child for child in lively], lively, common[16:])

    def _draws(self, level: int, index: int, bits: bytes) -> list[float]:
        drawn = [normal_at(bits, 3 * child) for child in range(FANOUT[level])]
        if not self._follows:
            return drawn
        shared = shared_draws(self._follows, level, index)
        return [self._shared * common + self._rest * z for common, z in zip(shared, drawn, strict=True)]

    def _until(self, start: int, end: int) -> Iterator[Node]:
        """Yield nodes that cover the time from `start` to `end`, the widest possible, the last one in part."""
        while start < end:
            level = widest_level(start, end)
            node, width = self.node(level, start // WIDTHS[level]), WIDTHS[level]
            if start + width > end:
                node = _within(node, (end - start) / width)
            yield node
            start += width


@functools.lru_cache(maxsize=_SPLITS)
def _split(path: Path, level: int, index: int) -> tuple[Node, ...]:
    return path.split(level, index)


@functools.lru_cache(maxsize=_SPLITS)
def _root(path: Path, index: int) -> Node:
    return path.root(index)


@functools.lru_cache(maxsize=_SPLITS)
def shared_draws(name: str, level: int, index: int) -> tuple[float, ...]:
    """Return the draws of a path's children, which the paths that follow it share."""
    bits = draw(name, index, level)
    return tuple(normal_at(bits, 3 * child) for child in range(FANOUT[level]))


def boundaries(starts: range, now: int) -> list[int]:
    """Return the starts of intervals and the end of the last one, which is now if that is under way."""
    ends = [*starts, starts[-1] + starts.step] if starts else []
    return [min(time, now) for time in ends]


def widest_level(start: int, end: int) -> int:
    """Return the level of the widest node that begins at `start` and does not outlast `end`; else the finest level."""
    level = next(level for level, width in enumerate(WIDTHS) if start % width == 0 or level == FINEST)
    while level < FINEST and start + WIDTHS[level] > end:
        level += 1
    return level


@functools.cache
def reading(step: int) -> tuple[int, int]:
    """Return the level that an interval is read from, and of how many of its nodes one candle consists."""
    level = next(level for level, width in enumerate(WIDTHS) if step % width == 0)
    return level, step // WIDTHS[level]


def _joined(nodes: Sequence[Sequence[float]]) -> Ohlc:
    return Ohlc(nodes[0][0], max(node[1] for node in nodes), min(node[2] for node in nodes), nodes[-1][3])


def _within(node: Node, fraction: float) -> Node:
    """Return the first part of a minute: from the open over one extreme and the other to the close."""
    start, high, low, close, activity = node
    turns = (start, low, high, close) if close >= start else (start, high, low, close)
    leg = min(2, int(fraction * 3))
    figure = turns[leg] + (turns[leg + 1] - turns[leg]) * (fraction * 3 - leg)
    reached = (*turns[: leg + 1], figure)
    return start, max(reached), min(reached), figure, activity


def rhythm(level: int, index: int) -> Sequence[float]:
    """Return how lively the children of a node are by their time of the week and day, 1 on average."""
    return _RHYTHMS[level][index % len(_RHYTHMS[level])] if level < len(_RHYTHMS) else _EVEN


def _activities(parent: float, level: int, index: int, bits: bytes) -> list[float]:
    times = rhythm(level, index)
    return [min(max(parent * times[child] * (0.6 + bit / 319), 0.1), 6.0) for child, bit in enumerate(bits)]


def _bridge(start: float, close: float, steps: Sequence[float], lively: Sequence[float]) -> list[float]:
    """Return the points between and around the children: steps from `start`, corrected so that they end at `close`."""
    missing = close - start - math.fsum(steps)
    variance = math.fsum(activity * activity for activity in lively)
    points, walked, passed = [start], 0.0, 0.0
    for step, activity in zip(steps[:-1], lively, strict=False):
        walked += step
        passed += activity * activity
        points.append(start + walked + missing * passed / variance)
    return [*points, close]


def _reach(points: list[float], high: float, low: float, scale: float, up: int, down: int) -> None:
    """Bend the points so that they come near the extremes that they have to touch, not one wick alone."""
    inner = range(1, len(points) - 1)
    top, bottom = max(inner, key=points.__getitem__), min(inner, key=points.__getitem__)
    lift, drop = high - max(points) - scale * up / 512, min(points) - low - scale * down / 512
    if top == bottom:  # two children share one point, which can go one way only
        lift, drop = (lift, 0.0) if lift > drop else (0.0, drop)
    if lift > 0:
        _bend(points, top, lift)
    if drop > 0:
        _bend(points, bottom, -drop)


def _mirrored(point: float, low: float, high: float) -> float:
    """Return the point thrown back from the bound that it is beyond."""
    room = (high - low) / 4
    if point > high:
        return high - min((point - high) / 2, room)
    return low + min((low - point) / 2, room) if point < low else point


def _bend(points: list[float], turn: int, distance: float) -> None:
    """Move a point, and those between it and the ends in proportion."""
    last = len(points) - 1
    for index in range(1, last):
        points[index] += distance * (index / turn if index <= turn else (last - index) / (last - turn))


def _children(
    points: Sequence[float], parent: Node, wicks: Sequence[float], lively: Sequence[float], bits: bytes
) -> tuple[Node, ...]:
    """Make the candles between the points; the highest takes the parent's high, the lowest its low."""
    _, high, low, _, _ = parent
    count = len(lively)
    tops = [max(pair) for pair in pairwise(points)]
    bottoms = [min(pair) for pair in pairwise(points)]
    highs = [min(top + wick * bit / 256, high) for top, wick, bit in zip(tops, wicks, bits, strict=False)]
    lows = [
        max(bottom - wick * bit / 256, low) for bottom, wick, bit in zip(bottoms, wicks, bits[count:], strict=False)
    ]
    highs[tops.index(max(tops))] = high
    lows[bottoms.index(min(bottoms))] = low
    return tuple(zip(points[:-1], highs, lows, points[1:], lively, strict=True))
