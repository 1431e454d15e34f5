"""`coinglass-graphql doctor --shared`: checks the store that replicas share, and lists the replicas."""

import sys
from collections.abc import Iterator

from cg_client.clock import Clock
from server.response_limit import MEGABYTE
from server.settings import Settings
from shared.inspection import StoreReport, inspect
from shared.quota.messages import SILENT
from shared.rights import find_refusals
from shared.store.address import Address
from shared.store.errors import CommandRefused, StoreAway
from shared.store.store import LIMIT, Store

_SLOW_SECONDS = LIMIT / 10


async def examine_store(settings: Settings, address: Address) -> int:
    """Print a report; return 0 if the store can be used, 1 if not, and 2 without a key."""
    if not settings.api_key:
        sys.stdout.write(
            "key      missing: set COINGLASS_API_KEY, without which nothing in the store can be looked up\n"
        )
        return 2
    config, clock = settings.client_config(), Clock()
    store, is_usable = Store(address, clock), False
    await store.start()
    try:
        state = await inspect(store, config, clock)
        refusals = await find_refusals(store, config)
        lines, is_usable = [*_lines(address, state, refusals)], not refusals and not _is_full(state)
    except (StoreAway, CommandRefused) as error:
        lines = [f"store    {address}: {error}"]
    finally:
        await store.close()
    for line in lines:
        sys.stdout.write(_redacted(line, address) + "\n")
    return 0 if is_usable else 1


def _is_full(state: StoreReport) -> bool:
    return 0 < state.memory_limit <= state.memory


def _rights(refusals: list[str]) -> Iterator[str]:
    if not refusals:
        yield "rights   scripts run, and notices arrive"
        return
    yield "rights   replicas need what this store refuses:"
    for refusal in refusals:
        yield f"  {refusal}"
    yield "         give its user the rights that docs/replicas.md lists, and the store more memory if it says OOM"


def _redacted(line: str, address: Address) -> str:
    for secret in address.secrets():
        line = line.replace(secret.reveal(), "***")
    return line


def _lines(address: Address, state: StoreReport, refusals: list[str]) -> Iterator[str]:
    yield f"store    {address}: {state.product} answers in {state.seconds * 1000:.2f} ms"
    if state.seconds > _SLOW_SECONDS:
        yield f"         slow: an operation that takes more than {LIMIT:g} s counts as an outage of the store"
    limit = f" of {_megabytes(state.memory_limit)}" if state.memory_limit else ", without a limit"
    yield f"memory   {_megabytes(state.memory)}{limit}; when full: {state.eviction}"
    if _is_full(state):
        yield "         full: raise its maxmemory, or find out what else writes to it"
    if state.memory_limit and state.eviction != "noeviction":
        yield "         set maxmemory-policy to noeviction: a quota that is evicted has to be counted anew"
    yield from _rights(refusals)
    yield f"answers  {state.answers}, {_megabytes(state.answer_bytes)}"
    if not state.is_quota_readable:
        yield "quota    what the store has as the quota cannot be read: the next replica that needs it counts anew"
        return
    if state.limit is None:
        yield "quota    no replica with this key and address of CoinGlass has used the store"
        return
    yield f"quota    {state.limit} requests a minute, shared by {_count(len(state.replicas), 'replica')}"
    for replica in state.replicas:
        silent = ": killed, cut off or standing still" if replica.seconds > SILENT else ""
        alone = ", has a part of the quota for itself" if replica.alone else ""
        yield f"  {replica.name}, heard of {replica.seconds:.1f} s ago{silent}{alone}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"
