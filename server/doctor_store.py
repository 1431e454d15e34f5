"""`coinglass-graphql doctor --shared`: checks the store that replicas share, and lists the replicas."""

import sys
from collections.abc import Iterator

from cg_client.clock import Clock
from server.response_limit import MEGABYTE
from server.settings import Settings
from shared.inspection import StoreReport, inspect
from shared.store.address import Address
from shared.store.errors import CommandRefused, StoreAway
from shared.store.store import LIMIT, Store

_SLOW_SECONDS = LIMIT / 10
_SILENT_SECONDS = 3.0  # as in quota_members.lua


async def examine_store(settings: Settings, address: Address) -> int:
    """Print a report; return 0 if the store can be used, and 1 if not."""
    write, clock = sys.stdout.write, Clock()
    store = Store(address, clock)
    await store.start()
    try:
        state = await inspect(store, settings.client_config(), clock)
    except (StoreAway, CommandRefused) as error:
        write(f"store    {address}: {error}\n")
        return 1
    finally:
        await store.close()
    for line in _lines(address, state):
        write(line + "\n")
    return 0


def _lines(address: Address, state: StoreReport) -> Iterator[str]:
    yield f"store    {address}: {state.product} answers in {state.seconds * 1000:.2f} ms"
    if state.seconds > _SLOW_SECONDS:
        yield f"         slow: an operation that takes more than {LIMIT:g} s counts as an outage of the store"
    limit = f" of {_megabytes(state.memory_limit)}" if state.memory_limit else ", without a limit"
    yield f"memory   {_megabytes(state.memory)}{limit}; at the limit: {state.eviction}"
    if state.memory_limit and state.eviction != "noeviction":
        yield "         set maxmemory-policy to noeviction: a quota that is evicted has to be counted anew"
    yield f"answers  {state.answers}, {_megabytes(state.answer_bytes)}"
    if state.limit is None:
        yield "quota    no replica with this key and address of CoinGlass has used the store"
        return
    yield f"quota    {state.limit} requests a minute, shared by {len(state.replicas)} replicas"
    for replica in state.replicas:
        silent = " (silent)" if replica.seconds > _SILENT_SECONDS else ""
        alone = ", has a part of the quota for itself" if replica.alone else ""
        yield f"  {replica.name}, heard of {replica.seconds:.1f} s ago{silent}{alone}"


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"
