"""What one exchange about the common quota costs Valkey, with the minute of the largest plan spent."""

import asyncio
import dataclasses
import time
from typing import Final

from bench.processes import thread_seconds
from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.endpoints.futures import funding_rate
from cg_client.errors import StartsTooLate
from cg_client.params.core import CoinParams
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import SYSTEM
from cg_client.quota.window import QuotaWindow
from shared.address import parse_address
from shared.quota import SharedQuota
from shared.store import Store

LIMIT: Final = REQUESTS_PER_MINUTE[Plan.PROFESSIONAL]
REPLICAS: Final = 4
CLIENTS: Final = 20
REFUSED: Final = 100  # calls of each replica
_SECONDS: Final = 5.0  # that an operation may take on a busy machine
_PATIENCE: Final = 20.0
_NAME: Final = "cg:bench:quota"


async def exchange_microseconds(url: str, pid: int) -> float:
    """Return the CPU of Valkey for one exchange, in which a call is refused."""
    clock = Clock()
    stores = [Store(parse_address(url), clock, limit=_SECONDS) for _ in range(REPLICAS)]
    quotas = [_quota(store, clock, f"bench-{number}") for number, store in enumerate(stores)]
    await asyncio.gather(*(store.start() for store in stores))
    await asyncio.gather(*(_spend(quota, LIMIT // REPLICAS) for quota in quotas))
    before, exchanges = thread_seconds(pid), sum(quota.exchanges for quota in quotas)
    await asyncio.gather(*map(_be_refused, quotas))
    spent, exchanges = thread_seconds(pid) - before, sum(quota.exchanges for quota in quotas) - exchanges
    await asyncio.gather(*(quota.close() for quota in quotas))
    await asyncio.gather(*(store.close() for store in stores))
    return spent / exchanges * 1e6


def _quota(store: Store, clock: Clock, replica: str) -> SharedQuota:
    quota = SharedQuota(AdmissionQueue(QuotaWindow(LIMIT), clock), store, _NAME, clock, replica=replica, settle=0.0)
    store.on_return(quota.on_return)
    store.on_loss(quota.on_loss)
    return quota


async def _spend(quota: SharedQuota, calls: int) -> None:
    for number in range(calls):
        requester = dataclasses.replace(SYSTEM, client=f"client-{number % CLIENTS}")
        quota.end(await quota.start(_CALL, time.monotonic() + _PATIENCE, requester))
        await asyncio.sleep(0)


async def _be_refused(quota: SharedQuota) -> None:
    for number in range(REFUSED):
        requester = dataclasses.replace(SYSTEM, client=f"client-{number % CLIENTS}", patience=1.0)
        try:
            quota.end(await quota.start(_CALL, time.monotonic() + _PATIENCE, requester))
        except StartsTooLate:
            await asyncio.sleep(0)


_CALL: Final = Call(funding_rate.HISTORY, CoinParams(symbol="BTC"), lambda *_: None)
