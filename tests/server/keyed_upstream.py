"""A CoinGlass in this process for several keys, whose plan, quota, names and figures tell which key was sent."""

import asyncio
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox

STEP = 1_000_000  # between the figures of one key and those of the next
_COINS = "/api/futures/supported-coins"
_TIMES = ("time", "next_funding_time", "funding_rate_interval")


@dataclass
class UpstreamKey:
    """`plans` are those that the key has during a test, no two keys have one in common; the same is true of `quota`."""

    key: str
    index: int
    plans: tuple[Plan, ...]
    quota: int
    coin: str  # that CoinGlass lists for this key alone
    ever_failed: bool = False
    sent: Counter[str] = field(default_factory=Counter)

    def sandbox(self, clock: Clock) -> Sandbox:
        return Sandbox(self.plans[0], key=self.key, quota=self.quota, now=lambda: clock.now().timestamp())

    def owns(self, figure: float) -> bool:
        return self.index * STEP <= figure < (self.index + 1) * STEP


class KeyedUpstream(httpx.AsyncBaseTransport):
    """Answers by the sandbox of the key, with every figure replaced by a number of the key's range."""

    def __init__(self, keys: list[UpstreamKey], clock: Clock) -> None:
        self.keys = {key.key: key for key in keys}
        self.sandboxes = {key.key: key.sandbox(clock) for key in keys}
        self._transports = {
            key: httpx.ASGITransport(create_sandbox(sandbox)) for key, sandbox in self.sandboxes.items()
        }
        self._unknown = httpx.ASGITransport(create_sandbox(Sandbox(key="of-nobody")))
        self._numbers = itertools.count()
        self.delay = 0  # cycles of the event loop, so that requests overlap

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        text = request.headers["CG-API-KEY"]
        key = self.keys.get(text)
        if key is None:
            return await self._unknown.handle_async_request(request)
        key.sent[request.url.path] += 1
        for _ in range(self.delay):
            await asyncio.sleep(0)
        response = await self._transports[text].handle_async_request(request)
        body = await response.aread()
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return httpx.Response(response.status_code, content=self._marked(key, request.url.path, body), headers=headers)

    def _marked(self, key: UpstreamKey, path: str, body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        data = answer.get("data")
        if path == _COINS and isinstance(data, list):
            answer["data"] = [*data, key.coin]
        elif data is not None:
            answer["data"] = self._replaced(key, data)
        return json.dumps(answer).encode()

    def _replaced(self, key: UpstreamKey, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value if name in _TIMES else self._replaced(key, value) for name, value in data.items()}
        if isinstance(data, list):
            return [self._replaced(key, value) for value in data]
        is_figure = isinstance(data, float) or (isinstance(data, str) and data.replace(".", "", 1).isdigit())
        return key.index * STEP + next(self._numbers) % STEP if is_figure else data
