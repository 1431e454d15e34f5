"""The servers of the benchmark, and the states in which they are compared."""

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import httpx

from bench.processes import STARTS_WITHIN, BenchError, Process, cores, started

FRAGMENTS_MB = 8  # in ROWS_OF_MANY


class State(Enum):
    """What our server has cached; in ROWS_OF_MANY the rendered series are several times what the fragments may take."""

    COLD = "cold"
    ROWS = "rows cached"
    ROWS_OF_MANY = "rows of many series cached"
    RESPONSE = "response cached"


_FOR_A_MILLION_ROWS = {
    "COINGLASS_MAX_VALUES": "100000000",
    "COINGLASS_MAX_RESPONSE_MB": "1000",
    "COINGLASS_MAX_ALIASES": "1000",
    "COINGLASS_MAX_ROOT_FIELDS": "1000",
    "COINGLASS_MAX_FRAGMENTS": "1000",
    "COINGLASS_MAX_TOKENS": "100000",
}

_OURS = {
    State.COLD: {"COINGLASS_CACHE_MB": "0", "COINGLASS_RESPONSE_CACHE_MB": "0"},
    State.ROWS: {"COINGLASS_RESPONSE_CACHE_MB": "0", "COINGLASS_MAX_CALLS": "2000"} | _FOR_A_MILLION_ROWS,
    State.ROWS_OF_MANY: {"COINGLASS_RESPONSE_CACHE_MB": "0", "COINGLASS_FRAGMENT_CACHE_MB": str(FRAGMENTS_MB)},
    State.RESPONSE: {},
}


@dataclass(frozen=True, slots=True)
class UpstreamProcess:
    process: Process

    def calls(self) -> int:
        """Return the number of calls so far."""
        return self._counts()["calls"]

    def body_bytes(self) -> int:
        """Return the bytes of all bodies so far."""
        return self._counts()["bytes"]

    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = httpx.get(f"{self.process.url}/_bench/calls", trust_env=False).json()
        return counts

    @contextlib.contextmanager
    def delayed(self, milliseconds: int) -> Iterator[None]:
        try:
            self._delay(milliseconds)
            yield
        finally:
            self._delay(0)

    def _delay(self, milliseconds: int) -> None:
        httpx.get(f"{self.process.url}/_bench/delay?ms={milliseconds}", trust_env=False)


@contextlib.contextmanager
def upstream(**variables: str) -> Iterator[UpstreamProcess]:
    _, core = cores()
    with started([sys.executable, "-m", "bench.upstream"], variables, core) as process:
        yield UpstreamProcess(process)


@contextlib.contextmanager
def ours(state: State, upstream: UpstreamProcess, **variables: str) -> Iterator[Process]:
    """Our server, once it is ready. `variables` are further settings."""
    env = {
        "COINGLASS_API_KEY": "sandbox",
        "COINGLASS_BASE_URL": upstream.process.url,
        "COINGLASS_PLAN": "enterprise",
        "COINGLASS_LOG_LEVEL": "warning",
        "COINGLASS_MAX_CONNECTIONS_PER_ADDRESS": "2000",  # all clients have the same address
    }
    core, _ = cores()
    with started(
        [sys.executable, "-m", "server.cli", "serve", "--port", "0"], env | _OURS[state] | variables, core
    ) as process:
        wait_until_ready(process)
        yield process


@contextlib.contextmanager
def plain(state: State, upstream: UpstreamProcess) -> Iterator[Process]:
    env = {"PLAIN_UPSTREAM": upstream.process.url, "PLAIN_KEEPS_ROWS": "0" if state is State.COLD else "1"}
    core, _ = cores()
    with _listening("bench.plain:app", env, core) as process:
        yield process


@contextlib.contextmanager
def floor(body: bytes) -> Iterator[Process]:
    core, _ = cores()
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        with _listening("bench.floor:app", {"BENCH_BODY": file.name}, core) as process:
            yield process


def _listening(app: str, env: dict[str, str], core: int) -> contextlib.AbstractContextManager[Process]:
    return started([sys.executable, "-m", "bench.listen", app], env, core)


def wait_until_ready(process: Process) -> None:
    latest = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < latest:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{process.url}/readyz", trust_env=False).is_success:
                time.sleep(0.5)
                return
        time.sleep(0.05)
    raise BenchError("Our server did not become ready in time.")
