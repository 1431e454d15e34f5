"""Noise without chance: figures drawn from a keyed hash of a name and integers, the same on every machine.

Only additions, multiplications, divisions and square roots of floats follow, which IEEE 754 rounds alike everywhere;
`exp`, `sin` and powers differ in the last digit between C libraries, so that none of them occurs in the model.
"""

import functools
import hashlib

_KEY = b"modelled market 1"  # another key is another market
_BLOCK = 64
_WIDE = 1 << 48


@functools.lru_cache(maxsize=4096)
def _hash_of(name: str) -> "hashlib.blake2b":
    return hashlib.blake2b(name.encode(), digest_size=_BLOCK, key=_KEY)


def draw(name: str, index: int, level: int = 0, block: int = 0) -> bytes:
    """Return 64 bytes for the name and the integers."""
    state = _hash_of(name).copy()
    state.update(b"%d %d %d" % (level, index, block))
    return state.digest()


def hashed(name: str, index: int = 0, level: int = 0) -> float:
    """Return a figure from 0 to 1, the latter exclusive."""
    return int.from_bytes(draw(name, index, level)[:6]) / _WIDE


def between(low: float, high: float, name: str, index: int = 0) -> float:
    return low + (high - low) * hashed(name, index)


def signed(name: str, index: int = 0, level: int = 0) -> float:
    """Return a figure from -1 to 1, all equally likely."""
    return 2 * hashed(name, index, level) - 1


def normal(name: str, index: int = 0, level: int = 0) -> float:
    """Return a figure with mean 0 and deviation 1, and never beyond 3: the sum of three bytes."""
    return normal_at(draw(name, index, level), 0)


def normal_at(bits: bytes, offset: int) -> float:
    """Return such a figure from three bytes of a draw."""
    return (bits[offset] + bits[offset + 1] + bits[offset + 2] - 382.5) / 128


@functools.lru_cache(maxsize=65_536)
def _lattice(name: str, index: int, period: int) -> float:
    return signed(name, index, period)


def smooth(name: str, time: int, period: int) -> float:
    """Return a figure from -1 to 1 that wanders from one value to another within each period, both in milliseconds."""
    index, rest = divmod(time, period)
    x = rest / period
    start, end = _lattice(name, index, period), _lattice(name, index + 1, period)
    return start + (end - start) * x * x * (3 - 2 * x)


def line(name: str, time: int, period: int) -> float:
    """Return a figure from -1 to 1 that goes in a straight line within each period, in milliseconds."""
    index, rest = divmod(time, period)
    start, end = _lattice(name, index, period), _lattice(name, index + 1, period)
    return start + (end - start) * (rest / period)


def fractal(name: str, time: int, period: int, octaves: int = 3) -> float:
    """Return a figure from -1 to 1 that is smooth at several scales, each half as strong and four times as fast."""
    total, weight, sum_of_weights = 0.0, 1.0, 0.0
    for _ in range(octaves):
        total += weight * smooth(name, time, period)
        sum_of_weights += weight
        weight, period = weight / 2, max(1, period // 4)
    return total / sum_of_weights
