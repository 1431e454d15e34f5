"""Clients of one key that share facts over a real store, with a mocked CoinGlass."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from cg_client.call import Answer, Call
from cg_client.catalogue import CATALOGUE
from cg_client.client import Client
from cg_client.client_config import BASE_URL
from cg_client.errors import CoinglassError
from cg_client.params.choices import LiquidationRange
from cg_client.params.positions import LiquidationTotalsParams
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from shared.facts.shared_facts import SharedFacts
from shared.store.scope import Scope
from shared.store.store import Store
from tests.cg_client.conftest import KEY, client_with, decode
from tests.clock import FakeClock
from tests.running import LIMIT
from tests.shared.rig import connected
from tests.store_server import StoreServer

TOTALS = CATALOGUE["/api/futures/liquidation/exchange-list"]
SCOPE = Scope.of(Secret(KEY), BASE_URL)


def totals(range_: LiquidationRange = LiquidationRange.H24) -> Call:
    return Call(TOTALS, LiquidationTotalsParams(range=range_), decode)


@dataclass
class FactSharer:
    """One process of several."""

    store: Store
    client: Client
    facts: SharedFacts

    async def get(self, range_: LiquidationRange = LiquidationRange.H24) -> Answer[Any]:
        return await self.client.get(totals(range_))

    async def refusal(self, range_: LiquidationRange = LiquidationRange.H24) -> CoinglassError:
        with pytest.raises(CoinglassError) as error:
            await self.get(range_)
        return error.value


@contextlib.asynccontextmanager
async def replica(
    server: StoreServer, clock: FakeClock, plan: Plan | None = Plan.HOBBYIST, name: str = "a"
) -> AsyncIterator[FactSharer]:
    client = client_with(plan, clock)
    async with connected(server.url) as store:
        facts = SharedFacts(store, SCOPE, client, name)
        await facts.start()
        await store.session.notices.ping()  # subscribed
        yield FactSharer(store, client, facts)
        await facts.close()
    await client.close()


async def until(holds: Callable[[], bool]) -> None:
    """Let the event loop run until a condition is true."""
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110  # of anything that replies and notices change
            await asyncio.sleep(0)
