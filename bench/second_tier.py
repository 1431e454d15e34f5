"""What an answer costs that another replica has fetched: CPU beside that of a hit in memory, and bytes in the store."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from cg_client.cache import Cache
from cg_client.call import Answer, Call, Fetched
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoints import futures
from cg_client.entries import MemoryStore
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.quota.requester import Requester
from cg_client.secret import Secret
from resolvers.decode import columns_decoder
from schema.futures.market import PriceCandle
from shared.answers.answers import Answers
from shared.store.address import parse_address
from shared.store.store import Store

ROWS = 1000
_TIMES = 200
_REPEATS = 5
_LIFETIME = 600.0
_DEADLINE = 15.0


@dataclass(frozen=True)
class SecondTierCost:
    """CPU microseconds of this process for an answer of `ROWS` candles, and bytes of that in the store."""

    memory: float
    second_tier: float
    fetch: float
    stored_bytes: int
    body_bytes: int


async def second_tier_cost(url: str) -> SecondTierCost:
    """Measure with an empty store at the address; the least of several runs."""
    clock, config = Clock(), ClientConfig(api_key=Secret("a key of the benchmark"))
    store = Store(parse_address(url), clock)
    answers = Answers.of(store, config, clock)
    answers.start()
    await store.start()
    body = _body()
    call = _call()

    async def fetch(call: Call, _deadline: float, _requester: Requester) -> Fetched:
        value = call.decode(msgspec.Raw(body), AnomalyCollector())
        return Fetched(Answer(value, call.endpoint, datetime.now(UTC), lifetime=_LIFETIME), len(body), _LIFETIME)

    def cache(*, is_shared: bool) -> Cache:
        return Cache(fetch, MemoryStore(10**9), clock, second_tier=answers if is_shared else None)

    async def cold(*, is_shared: bool) -> None:
        await cache(is_shared=is_shared).get(call, clock.monotonic() + _DEADLINE)

    warm = cache(is_shared=True)
    try:
        await warm.get(call, clock.monotonic() + _DEADLINE)
        await answers.flush()
        (name,) = msgspec.convert(await store.execute("KEYS", "*:answer:*"), list[bytes])
        stored = msgspec.convert(await store.execute("MEMORY", "USAGE", name), int)
        return SecondTierCost(
            await _least(lambda: warm.get(call, clock.monotonic() + _DEADLINE)),
            await _least(lambda: cold(is_shared=True)),
            await _least(lambda: cold(is_shared=False)),
            stored,
            len(body),
        )
    finally:
        await warm.close()
        await answers.close()
        await store.close()


async def _least(work: Callable[[], Awaitable[object]]) -> float:
    """Return CPU microseconds of one of many."""
    least = float("inf")
    for _ in range(_REPEATS):
        began = time.process_time()
        for _ in range(_TIMES):
            await work()
        least = min(least, (time.process_time() - began) / _TIMES)
    return least * 1e6


def _call() -> Call:
    endpoint = futures.market.PRICE_HISTORY
    params = PairSeries(exchange="Binance", symbol="BTCUSDT", interval=Interval.M1, last=ROWS)
    return Call(endpoint, params, columns_decoder(PriceCandle, endpoint))


def _body() -> bytes:
    """Return candles as CoinGlass sends them: figures as texts, with as many digits as prices of Bitcoin have."""
    rows = []
    for number in range(ROWS):
        price = 90_000 + 7.3 * (number * 7919 % 1009) / 1.7
        row = {"time": 1_750_000_000_000 + number * 60_000}
        names = ("open", "high", "low", "close", "volume_usd")
        figures = {name: f"{price * (1 + at / 997):.1f}" for at, name in enumerate(names)}
        rows.append(row | figures)
    return msgspec.json.encode(rows)
