"""What one operation of replicas costs Valkey, and what a read costs the process that waits for it.

Run as a process of its own, on the core of the server under test: `python -m bench.shared.operations URL PID BYTES`.
Prints JSON, in microseconds. The answers have about so many bytes, and nothing in them repeats.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

import uvloop

from bench.processes import thread_seconds
from bench.shared.quota_exchange import exchange_microseconds
from cg_client.call import Answer, Call, Fetched
from cg_client.clock import Clock
from cg_client.decoding.decoder_names import named
from cg_client.endpoints.futures import funding_rate
from cg_client.entries import Entry
from cg_client.params.core import CoinParams
from cg_client.secret import Secret
from shared.answers.answers import Answers
from shared.answers.codec import AnswerCodec
from shared.store.address import parse_address
from shared.store.scope import Scope
from shared.store.store import Store

REPLICAS: Final = 16  # connections, each with one operation at a time
CALLS: Final = 125  # of each
ROUND_TRIPS: Final = 2_000
SECONDS: Final = 5.0  # that an operation may take on a busy machine
_FLOAT: Final = 8.3  # bytes of a stored number
_KEY: Final = Secret("bench-key")
_URL: Final = "http://bench"
_NAME: Final = "cg:bench:value"


class Spent(NamedTuple):
    """CPU of Valkey and of this process, and time."""

    store: float
    process: float
    elapsed: float

    @classmethod
    def until_now(cls, pid: int) -> "Spent":
        return cls(thread_seconds(pid), thread_seconds(os.getpid()), time.perf_counter())

    def since(self, before: "Spent", operations: int) -> "Spent":
        """Return the microseconds of each operation."""
        return Spent(*((now - then) / operations * 1e6 for now, then in zip(self, before, strict=True)))


class BenchReplica:
    """`calls`: of this replica, which no other one makes."""

    def __init__(self, url: str, number: int, entry: Entry) -> None:
        clock = Clock()
        self.store = Store(parse_address(url), clock, limit=SECONDS)
        self.answers = Answers(self.store, Scope.of(_KEY, _URL), AnswerCodec(_KEY, _URL), clock)
        self.answers.start()
        self._entry = entry
        self.calls = [
            Call(funding_rate.HISTORY, CoinParams(symbol=f"{number}x{index}"), _decode) for index in range(CALLS)
        ]

    async def finish(self, call: Call) -> None:
        stored = self.answers.counts["stored"]
        lookup = await self.answers.look_up(call, time.monotonic() + SECONDS)
        assert lookup.lease is not None  # noqa: S101  # nobody else has it
        lookup.lease.finish(self._entry)
        while self.answers.counts["stored"] == stored:  # noqa: ASYNC110  # no event says when
            await asyncio.sleep(0)

    async def give_up(self, call: Call) -> None:
        lookup = await self.answers.look_up(call, time.monotonic() + SECONDS)
        assert lookup.lease is not None  # noqa: S101  # as above
        lookup.lease.release()

    async def look(self, call: Call) -> None:
        lookup = await self.answers.look_up(call, time.monotonic() + SECONDS, claims=False)
        assert lookup.is_unclaimed  # noqa: S101  # as above

    async def read(self, call: Call) -> None:
        lookup = await self.answers.look_up(call, time.monotonic() + SECONDS)
        assert lookup.entry is not None  # noqa: S101  # it was stored


async def measure(url: str, pid: int, size: int) -> dict[str, dict[str, float]]:
    """Return by operation what one takes."""
    value = [random.random() for _ in range(round(size / _FLOAT))]  # noqa: S311  # keeps no secret
    now = time.monotonic()
    answer = Answer(value, funding_rate.HISTORY, datetime.now(UTC), path=funding_rate.HISTORY.path, lifetime=3600.0)
    entry = Entry.of(Fetched(answer, size, 3600.0), now)
    replicas = [BenchReplica(url, number, entry) for number in range(REPLICAS)]
    await asyncio.gather(*(replica.store.start() for replica in replicas))
    results = {
        "look": await _each(replicas, pid, BenchReplica.give_up),
        "unclaimed": await _each(replicas, pid, BenchReplica.look),
        "finish": await _each(replicas, pid, BenchReplica.finish),
        "read": await _each(replicas, pid, BenchReplica.read),
        "transfer": await _transfer(replicas[0].store, pid, size),
    }
    for replica in replicas:
        await replica.answers.close()
        await replica.store.close()
    results["look"] = Spent(*(each / 2 for each in results["look"]))  # to look, and to give the lease up
    results["finish"] = Spent(*(each - look for each, look in zip(results["finish"], results["look"], strict=True)))
    exchange = await exchange_microseconds(url, pid)
    return {name: spent._asdict() for name, spent in results.items()} | {"quota": {"store": exchange}}


async def _each(
    replicas: list[BenchReplica], pid: int, operation: Callable[[BenchReplica, Call], Awaitable[None]]
) -> Spent:
    async def work(replica: BenchReplica) -> None:
        for call in replica.calls:
            await operation(replica, call)

    before = Spent.until_now(pid)
    await asyncio.gather(*map(work, replicas))
    return Spent.until_now(pid).since(before, REPLICAS * CALLS)


async def _transfer(store: Store, pid: int, size: int) -> Spent:
    """Measure round trips of a value, one after the other."""
    await store.set(_NAME, os.urandom(size), 60)
    before = Spent.until_now(pid)
    for _ in range(ROUND_TRIPS):
        await store.get(_NAME)
    return Spent.until_now(pid).since(before, ROUND_TRIPS)


def _decode(_: object, __: object) -> None:
    """Stand for a decoder: nothing is decoded."""


named(_decode, "bench")

if __name__ == "__main__":
    _url, _pid, _size = sys.argv[1:]
    sys.stdout.write(json.dumps(uvloop.run(measure(_url, int(_pid), int(_size)))))
