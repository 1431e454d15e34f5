"""What one exchange about the common quota costs Valkey, with the minute of the largest plan spent."""

import asyncio
import dataclasses
import time
from typing import Final

from bench.processes import thread_seconds
from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.endpoints.futures import funding_rate
from cg_client.params.core import CoinParams
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import SYSTEM
from cg_client.quota.window import QuotaWindow
from cg_client.secret import Secret
from shared.quota.shared_quota import SharedQuota
from shared.store.address import parse_address
from shared.store.scope import Scope
from shared.store.store import Store

LIMIT: Final = REQUESTS_PER_MINUTE[Plan.PROFESSIONAL]
REPLICAS: Final = 4
CLIENTS: Final = 20
WAITING: Final = 100  # calls of each replica
_SECONDS: Final = 5.0  # that an operation may take on a busy machine
_PATIENCE: Final = 20.0
_LONG: Final = 90.0  # seconds in which every call starts
_SCOPE: Final = Scope.of(Secret("a-key-of-the-bench"), "https://h")


async def exchange_microseconds(url: str, pid: int) -> float:
    """Return the CPU of Valkey for one exchange, in which a call begins to wait."""
    clock = Clock()
    stores = [Store(parse_address(url), clock, limit=_SECONDS) for _ in range(REPLICAS)]
    quotas = [_quota(store, clock, f"bench-{number}") for number, store in enumerate(stores)]
    await asyncio.gather(*(store.start() for store in stores))
    await asyncio.gather(*(_spend(quota, LIMIT // REPLICAS) for quota in quotas))
    before, exchanges = thread_seconds(pid), sum(quota.exchanges for quota in quotas)
    await asyncio.gather(*map(_wait, quotas))
    spent, exchanges = thread_seconds(pid) - before, sum(quota.exchanges for quota in quotas) - exchanges
    await asyncio.gather(*(quota.close() for quota in quotas))
    await asyncio.gather(*(store.close() for store in stores))
    return spent / exchanges * 1e6


def _quota(store: Store, clock: Clock, replica: str) -> SharedQuota:
    quota = SharedQuota(
        AdmissionQueue(QuotaWindow(LIMIT), clock), store, _SCOPE, clock, replica=replica, recovery_seconds=0.0
    )
    store.on_return(quota.on_return)
    store.on_loss(quota.on_loss)
    return quota


async def _spend(quota: SharedQuota, calls: int) -> None:
    for number in range(calls):
        requester = dataclasses.replace(SYSTEM, client=f"client-{number % CLIENTS}")
        quota.end(await quota.start(_CALL, time.monotonic() + _PATIENCE, requester))
        await asyncio.sleep(0)


async def _wait(quota: SharedQuota) -> None:
    """Let one call after the other wait for an exchange, and give up: a refused call may need none."""
    for number in range(WAITING):
        requester = dataclasses.replace(SYSTEM, client=f"client-{number % CLIENTS}")
        exchanges = quota.exchanges
        call = asyncio.create_task(quota.start(_CALL, time.monotonic() + _LONG, requester))
        while quota.exchanges == exchanges:  # noqa: ASYNC110  # a quota tells nobody of its exchanges
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait([call])


_CALL: Final = Call(funding_rate.HISTORY, CoinParams(symbol="BTC"), lambda *_: None)
