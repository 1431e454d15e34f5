"""What the server and the sandbox hold because of subscriptions, before and after them."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from chaos.rig import Rig
from chaos.subscribers import socket_client, until
from chaos.verdict import Verdict

GONE_WITHIN: Final = 60.0  # seconds; feeds and channels are kept for 30 s after their last client
MAX_GROWTH: Final = 64.0  # megabytes
_MORE_FILES: Final = 2  # connections to the sandbox's API, which are kept for a while
_MEGABYTE: Final = 2**20
_PREFIX: Final = "coinglass_graphql_"


@dataclass(frozen=True, slots=True)
class Resources:
    """`channels` and `streams`: subscriptions and connections of the sandbox's WebSocket."""

    tasks: int
    files: int
    feeds: int
    subscribers: int
    broadcasts: int
    channels: int
    streams: int
    megabytes: float

    @property
    def counts(self) -> str:
        names = ("tasks", "files", "feeds", "subscribers", "broadcasts", "channels", "streams")
        return ", ".join(f"{getattr(self, name)} {name}" for name in names)

    def is_no_more_than(self, before: "Resources") -> bool:
        left = (self.feeds, self.subscribers, self.broadcasts, self.channels, self.streams)
        return not any(left) and self.tasks <= before.tasks and self.files <= before.files + _MORE_FILES


async def metrics(tested: Rig) -> dict[str, float]:
    """Return the figures without labels."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        page = (await http.get(f"{tested.server.url}/metrics")).text
    families = text_string_to_metric_families(page)
    return {item.name: item.value for family in families for item in family.samples if not item.labels}


async def resources_of(tested: Rig) -> Resources:
    files = tested.server.open_files()  # of the moment, where the metric may be some seconds old
    figures, live = await metrics(tested), await tested.upstream.live()
    return Resources(
        tasks=int(figures[f"{_PREFIX}tasks"]),
        files=files,
        feeds=int(figures[f"{_PREFIX}feeds"]),
        subscribers=int(figures[f"{_PREFIX}subscribers"]),
        broadcasts=int(figures[f"{_PREFIX}broadcasts"]),
        channels=len(live["subscriptions"]),
        streams=live["connections"],
        megabytes=tested.server.resident_bytes() / _MEGABYTE,
    )


async def used_once(tested: Rig) -> None:
    """Let the server load what it keeps, so that it is no growth."""
    async with socket_client(tested.server.url) as client:
        watch = await client.subscribe('{ e: pair(exchange: "Binance", symbol: "BTC/USDT") { __typename symbol } }')
        await until(lambda: bool(watch.end), GONE_WITHIN)
    await asyncio.sleep(1)


async def leftovers(tested: Rig, before: Resources, after: str, max_growth: float = MAX_GROWTH) -> Verdict:
    """Wait for everything to go, and judge what stays."""
    started = time.monotonic()
    now = await resources_of(tested)
    while not now.is_no_more_than(before) and time.monotonic() - started < GONE_WITHIN:
        await asyncio.sleep(1)
        now = await resources_of(tested)
    growth = now.megabytes - before.megabytes
    text = f"before: {before.counts}; after {time.monotonic() - started:.0f} s: {now.counts}; {growth:+.0f} MB"
    bound = f"nothing is left within {GONE_WITHIN:g} s, memory ≤ +{max_growth:g} MB"
    return Verdict(f"after {after}", bound, text, now.is_no_more_than(before) and growth <= max_growth)
