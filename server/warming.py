"""Asks for what nearly every operation needs, so that the first ones do not wait for it, until it is known.

A server that starts while CoinGlass is down knows plan and listing within seconds of its return, without being asked.
"""

import asyncio

from cg_client.client import Client
from cg_client.symbols import Symbols

FIRST_WAIT, LONGEST_WAIT = 1.0, 10.0  # seconds; doubled from one to the other


async def warm(client: Client, symbols: Symbols | None) -> None:
    await asyncio.gather(_plan(client), _listing(client, symbols))


async def _plan(client: Client) -> None:
    """For as long as the server runs. The client itself knows when it is time to ask again."""
    while True:
        await client.know_plan()
        client.review_plan()
        await client.clock.sleep(FIRST_WAIT if client.gate.plan is None else LONGEST_WAIT)


async def _listing(client: Client, symbols: Symbols | None) -> None:
    wait = FIRST_WAIT
    while symbols is not None and not await symbols.warm():
        await client.clock.sleep(wait)
        wait = min(LONGEST_WAIT, wait * 2)
