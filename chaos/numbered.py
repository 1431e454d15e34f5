"""Liquidations with numbers, from which it is seen what a subscriber was not sent."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import httpx

from chaos.subscribers import ReceivedValues, Watch

FIRST: Final = 1_000_001  # those of a burst of the sandbox begin at 1
TOLERANCE: Final = 0.25  # seconds between the sandbox's sending and the server's reading, on a busy machine


class Numbered:
    """Publishes liquidations whose value is the next number, to the subscribers of the channel `channel`.

    `ahead`: seconds by which their times are ahead of the clock. `server_ahead`: those by which the server's clock is.
    """

    def __init__(self, sandbox: str, every: float = 0.05) -> None:
        self._url, self._every = f"{sandbox}/_sandbox/events", every
        self.channel, self.ahead, self.server_ahead = "liquidationOrders", 0.0, 0.0
        self.sent: dict[int, float] = {}  # when, by the server's clock

    @property
    def next(self) -> int:
        return FIRST + len(self.sent)

    async def run(self) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            while True:
                number = self.next
                self.sent[number] = time.time() + self.server_ahead
                await http.post(self._url, json={"channel": self.channel, "data": [self._row(number)]})
                await asyncio.sleep(self._every)

    def _row(self, number: int) -> dict[str, Any]:
        names = ("baseAsset", "exName", "volUsd")
        if self.channel != "liquidationOrders":
            names = ("base_asset", "exchange", "volume_usd")
        at = round((time.time() + self.ahead) * 1000)
        values = dict(zip(names, ("BTC", "Binance", number), strict=True))
        return {**values, "price": 50_000.0, "side": 1, "symbol": "BTCUSDT", "time": at}


def numbers(received: Sequence[ReceivedValues]) -> list[int]:
    """Return those of the events, in the order in which they came."""
    updates = [item.event["data"]["orders"] for item in received if "data" in item.event]
    return [round(order["usd"]) for orders in updates for order in orders]


def silent_losses(watch: Watch, sent: dict[int, float], until: int, first: int | None = None) -> Iterator[str]:
    """Yield a sentence for each number below `until` that is missing without an announcement, or out of order.

    `first`: the number from which on none may be missing, as a rule the first that came.
    A missing one was announced if it was sent in the gap of a RESUMED, or if a LAGGING counts it.
    """
    got = [number for number in numbers(watch.received) if number >= FIRST]
    if not got:
        yield f"{watch.label}: nothing came"
        return
    if any(later <= earlier for earlier, later in itertools.pairwise(got)):
        yield f"{watch.label}: events came twice or out of order"
    missing = sorted(set(range(got[0] if first is None else first, until)) - set(got))
    gaps = [_gap(item.event) for item in watch.received if item.kind == "RESUMED"]
    unannounced = [number for number in missing if not any(start <= sent[number] <= end for start, end in gaps)]
    dropped = sum(item.event["dropped"] for item in watch.received if item.kind == "LAGGING")
    if len(unannounced) > dropped:
        yield f"{watch.label}: {len(unannounced)} of {len(missing)} missing without a notice, {unannounced[:3]}"


def _gap(event: dict[str, Any]) -> tuple[float, float]:
    start = datetime.fromisoformat(event["gapStart"]).timestamp()
    return start - TOLERANCE, start + event["gapSeconds"] + TOLERANCE
