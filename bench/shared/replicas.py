"""Servers that share a store."""

import contextlib
import time
from collections.abc import Iterator

import httpx

from bench.processes import BenchError, Process
from bench.servers import State, UpstreamProcess, ours
from bench.shared.valkey import Valkey

_GRANTED_WITHIN = 30.0  # seconds, since a store without data grants nothing at first
_PAUSE = 0.25
_QUERY = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
  fundingRate(interval: D1, last: 1) { __typename ... on Problem { message } } } }"""


@contextlib.contextmanager
def replica(name: str, state: State, upstream: UpstreamProcess, valkey: Valkey) -> Iterator[Process]:
    """Yield a server once it answers."""
    variables = {
        "COINGLASS_SHARED_URL": valkey.url,
        "COINGLASS_REPLICA": name,
        "COINGLASS_DRAIN_SECONDS": "0",  # so that it leaves before it is killed, and the next one has the whole quota
    }
    with ours(state, upstream, **variables) as process:
        _wait_until_granted(process)
        yield process


def _wait_until_granted(process: Process) -> None:
    latest = time.monotonic() + _GRANTED_WITHIN
    while True:
        answer = httpx.post(f"{process.url}/graphql", json={"query": _QUERY}, timeout=_GRANTED_WITHIN, trust_env=False)
        if "FundingSeries" in answer.text:
            return
        if time.monotonic() > latest:
            raise BenchError(f"A replica does not answer: {answer.text[:300]}")
        time.sleep(_PAUSE)
