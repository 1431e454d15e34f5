"""A channel that the plan of the key lacks, and the upgrade of the plan while its subscriber waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from chaos.numbered import TOLERANCE, Numbered, numbers, silent_losses
from chaos.outcomes import summary
from chaos.rig import UNLIMITED, Rig, rig
from chaos.subscribers import ENDS, Watch, socket_client, until
from chaos.verdict import Effort, Verdict
from live.feed import GATED_SECONDS

CHANNEL: Final = "futures_trades@Binance_BTCUSDT@10000"
TRADES: Final = (
    'subscription { e: futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: 10000) { __typename'
    f" ... on LiveTradesUpdate {{ cursor data {{ orders: trades {{ usd }} }} }} {ENDS} }} }}"
)
BACK_WITHIN: Final = 75.0  # a minute, and the time to connect
_NOTICE_SECONDS: Final = 30.0
_EVENTS: Final = 20  # a second of them

Switch = Callable[[], Awaitable[object]]


async def upgraded_plan(_: Effort) -> list[Verdict]:
    """Let CoinGlass refuse a channel although the plan is declared to include it; and let the catalogue refuse it."""
    async with rig() as declared, rig("hobbyist", UNLIMITED, plan="auto") as stated:
        upstream = declared.upstream
        await upstream.break_stream("REFUSE_PLAN", channel=CHANNEL)
        by_coinglass = _upgraded("refused by CoinGlass", declared, upstream.heal_stream)
        by_catalogue = _upgraded(
            "not in the plan that the account states", stated, lambda: stated.upstream.change("plan", plan="standard")
        )
        return [*await asyncio.gather(by_coinglass, by_catalogue)]


async def _upgraded(name: str, tested: Rig, upgrade: Switch) -> Verdict:
    """Wait until the channel was refused twice, upgrade, and wait for events."""
    upstream = tested.upstream
    await upstream.change("live", model=False)
    feeder = Numbered(upstream.process.url)
    feeder.channel = CHANNEL
    async with socket_client(tested.server.url) as client:
        feeding = asyncio.create_task(feeder.run())
        try:
            watch = await client.subscribe(TRADES)
            noticed = await until(lambda: "PLAN_REQUIRED" in watch.kinds(), _NOTICE_SECONDS)
            await asyncio.sleep(GATED_SECONDS + 5)
            refused = [kind for kind in watch.kinds() if kind != "CONNECTED"]
            upgraded = time.monotonic()
            await upgrade()
            back = await until(lambda: len(numbers(watch.received)) >= _EVENTS, BACK_WITHIN)
        finally:
            feeding.cancel()
    breaches = [] if noticed is not None else [f"told {watch.kinds()}, {watch.errors}"]
    breaches += [] if refused == ["PLAN_REQUIRED"] else [f"before the upgrade told {refused}"]
    breaches += [f"ended: {watch.end} {watch.errors}"] if watch.end or watch.errors else []
    if back is not None:
        breaches += silent_losses(watch, feeder.sent, max(numbers(watch.received)), _first_due(watch, feeder))
    text = f"told {', '.join(dict.fromkeys(watch.kinds()))}; "
    text += f"events {time.monotonic() - upgraded:.0f} s after" if back is not None else "no events"
    bound = f"PLAN_REQUIRED once, open; after the upgrade events ≤ {BACK_WITHIN:g} s, none lost in silence"
    holds = back is not None and not breaches
    return Verdict(f"a channel {name}, then upgraded", bound, text + summary(breaches), holds)


def _first_due(watch: Watch, feeder: Numbered) -> int:
    """Return the first number that was sent when the subscriber had been told that the stream is open."""
    at = next(item.at for item in watch.received if item.kind == "CONNECTED")
    opened = time.time() - (time.monotonic() - at)
    return next((number for number, sent in feeder.sent.items() if sent > opened + TOLERANCE), feeder.next)
