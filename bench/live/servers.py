"""The upstream socket, and the servers that are compared."""

import contextlib
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.live.upstream import COUNTS
from bench.processes import BenchError, Process, cores, started
from bench.servers import State, UpstreamProcess, ours
from cg_client.client_config import SOCKET_PATH

_YOGA: Final = Path(__file__).parent / "yoga"
_KEYS: Final = {"ours": "sandbox", "yoga": "yoga"}  # as bench.servers.ours has it
_ROOM: Final = "20000"


class UpstreamCounts(NamedTuple):
    """What the upstream saw of one server. `sent`: by channel, the number of the newest event."""

    sockets: int  # ever
    subscriptions: int  # ever
    sent: Sequence[int]
    worst_delay: float  # seconds that a message was sent too late


class LiveUpstreamProcess(NamedTuple):
    process: Process

    def counts(self, name: str = "ours") -> UpstreamCounts:
        return self._replied(name)

    def set_rate(self, per_second: float, rows: int = 1) -> UpstreamCounts:
        """Send so many messages a second, with so many events in each; return the counts before."""
        return self._replied("ours", rate=str(per_second), rows=str(rows))

    def _replied(self, name: str, **parameters: str) -> UpstreamCounts:
        answer = httpx.get(self.process.url + COUNTS, params=parameters, trust_env=False).json()
        key = _KEYS[name]
        return UpstreamCounts(
            answer["opened"].get(key, 0), answer["subscribed"].get(key, 0), answer["sent"], answer["worst_delay"]
        )


@contextlib.contextmanager
def live_upstream() -> Iterator[LiveUpstreamProcess]:
    _, core = cores()
    with started([sys.executable, "-m", "bench.live.upstream"], {}, core) as process:
        yield LiveUpstreamProcess(process)


@contextlib.contextmanager
def our_server(rest: UpstreamProcess, live: LiveUpstreamProcess, **variables: str) -> Iterator[Process]:
    """Our server; `variables` are further settings."""
    with ours(
        State.RESPONSE,
        rest,
        COINGLASS_WEBSOCKET_URL=_socket(live),
        COINGLASS_MAX_CONNECTIONS=_ROOM,
        COINGLASS_MAX_CONNECTIONS_PER_ADDRESS=_ROOM,
        COINGLASS_MAX_SOCKETS_PER_ADDRESS=_ROOM,
        COINGLASS_MAX_SUBSCRIPTIONS=_ROOM,
        **variables,
    ) as process:
        yield process


@contextlib.contextmanager
def yoga(live: LiveUpstreamProcess) -> Iterator[Process]:
    node = shutil.which("node")
    if node is None or not (_YOGA / "node_modules").is_dir():
        raise BenchError("GraphQL Yoga is compared with Node; `make bench-live` installs its packages.")
    core, _ = cores()
    target = f"{_socket(live)}?cg-api-key={_KEYS['yoga']}"
    with started([node, str(_YOGA / "server.js")], {"YOGA_UPSTREAM": target}, core) as process:
        yield process


def _socket(live: LiveUpstreamProcess) -> str:
    return live.process.url.replace("http:", "ws:") + SOCKET_PATH
