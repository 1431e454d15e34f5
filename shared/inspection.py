"""What a store tells an operator: its product, its memory, and what replicas share in it."""

import contextlib
import statistics
from typing import NamedTuple

import msgspec

from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from shared.answers.codec import AnswerCodec
from shared.store.commands import StoreReply
from shared.store.scope import Scope
from shared.store.store import Store

_PINGS = 20
_PAGE = 1000  # answers whose sizes are read at once


class ReplicaState(NamedTuple):
    """`alone`: it has a part of the quota for itself. `seconds`: since the store has heard of it."""

    name: str
    seconds: float
    alone: bool


class StoreReport(NamedTuple):
    """`seconds`: the median time of an operation. `memory_limit`: bytes; 0 without a limit."""

    product: str
    seconds: float
    memory: int
    memory_limit: int
    eviction: str
    replicas: list[ReplicaState]
    limit: int | None  # requests a minute
    is_quota_readable: bool  # else something else has written it
    answers: int
    answer_bytes: int


class _Member(msgspec.Struct):
    seen: float
    alone: bool


class _Quota(msgspec.Struct):
    """The state that quota_exchange.lua stores; Lua writes an empty table as a list."""

    limit: int
    members: dict[str, _Member] | list[_Member]


async def inspect(store: Store, config: ClientConfig, clock: Clock) -> StoreReport:
    """Return the state of the store; raises StoreAway and CommandRefused."""
    info = _fields(await store.execute("INFO"))
    version = AnswerCodec(config.api_key, config.base_url).version
    scope = Scope.of(config.api_key, config.base_url)
    now = await _now(store)
    answers, size = await _answers(store, scope.name("index", version), scope.name("sizes", version), now)
    quota = await store.get(scope.name("quota"))
    state = None if quota is None else _state(quota)
    return StoreReport(
        product=_product(info),
        seconds=await _median_seconds(store, clock),
        memory=int(info.get("used_memory", 0)),
        memory_limit=int(info.get("maxmemory", 0)),
        eviction=info.get("maxmemory_policy", "unknown"),
        replicas=[] if state is None else _replicas(state, now),
        limit=None if state is None else state.limit,
        is_quota_readable=quota is None or state is not None,
        answers=answers,
        answer_bytes=size,
    )


def _state(quota: bytes) -> _Quota | None:
    try:
        return msgspec.msgpack.decode(quota, type=_Quota)
    except msgspec.DecodeError:
        return None


async def _answers(store: Store, index: str, sizes: str, now: float) -> tuple[int, int]:
    """Return how many answers there are, and their bytes. Those that have ended are listed until others need room."""
    since = f"{now * 1000:.0f}"
    count = await store.execute("ZCOUNT", index, f"({since}", "+inf")
    size, ended = _number(await store.execute("HGET", sizes, "total")), 0
    while members := _texts(await store.execute("ZRANGEBYSCORE", index, "-inf", since, "LIMIT", ended, _PAGE)):
        size -= sum(map(_number, _texts(await store.execute("HMGET", sizes, *members))))
        ended += len(members)
    return _number(count), size


def _texts(reply: StoreReply) -> list[bytes]:
    return [item for item in reply if isinstance(item, bytes)] if isinstance(reply, list) else []


def _number(reply: StoreReply) -> int:
    """Return the number; 0 for what something else has written in its place."""
    with contextlib.suppress(ValueError):
        return int(reply) if isinstance(reply, bytes | int) else 0
    return 0


def _fields(info: object) -> dict[str, str]:
    text = info.decode() if isinstance(info, bytes) else str(info)
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value for name, separator, value in pairs if separator}


def _product(info: dict[str, str]) -> str:
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', 'of an unknown version')}"


async def _median_seconds(store: Store, clock: Clock) -> float:
    times = []
    for _ in range(_PINGS):
        began = clock.monotonic()
        await store.execute("PING")
        times.append(clock.monotonic() - began)
    return statistics.median(times)


def _replicas(quota: _Quota, now: float) -> list[ReplicaState]:
    members = quota.members if isinstance(quota.members, dict) else {}
    return [ReplicaState(name, now - member.seen, member.alone) for name, member in sorted(members.items())]


async def _now(store: Store) -> float:
    """Return the time by the clock of the store."""
    seconds, microseconds = map(_number, _texts(await store.execute("TIME")))
    return seconds + microseconds / 1e6
