"""The clients of a lane: processes on the core of the load, and what they have read."""

import contextlib
import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, TypeVar
from urllib.parse import urlsplit

from bench.live.channels import CHANNELS
from bench.live.client_process import (
    ClientPlan,
    ClientStatus,
    Command,
    GetReadings,
    GetSeries,
    GetStatus,
    Readings,
    Rest,
    SeriesSeen,
    run,
)
from bench.live.socket_client import ReplayScript
from bench.processes import BenchError
from cg_client.client_config import SOCKET_PATH

T = TypeVar("T")

PROCESSES: Final = 2
_DIRECT_KEY: Final = "direct"  # with which clients ask the upstream itself
_SUBSCRIBED_WITHIN: Final = 400.0  # seconds
_ANSWERS_WITHIN: Final = 60.0
_STOPS_WITHIN: Final = 5.0
_hosts = itertools.count(2)  # of 127.0.0.0/8: each process has addresses, and so ports, of its own


class Clients:
    def __init__(self, count: int, processes: Sequence[Connection]) -> None:
        self.count, self._processes = count, processes

    def status(self) -> ClientStatus:
        each = self._ask_all(GetStatus(), ClientStatus)
        return ClientStatus(
            receiving=sum(item.receiving for item in each),
            expected=[min(numbers) for numbers in zip(*(item.expected for item in each), strict=True)],
            steady=[min(numbers) for numbers in zip(*(item.steady for item in each), strict=True)],
            gaps=sum(item.gaps for item in each),
            lagging=sum(item.lagging for item in each),
            dropped=sum(item.dropped for item in each),
            failures=[text for item in each for text in item.failures],
            cpu_seconds=sum(item.cpu_seconds for item in each),
            moved=sum(item.moved for item in each),
        )

    def series(self) -> SeriesSeen:
        each = self._ask_all(GetSeries(), SeriesSeen)
        return SeriesSeen(
            [sum(counts, Counter()) for counts in zip(*(item.series for item in each), strict=True)],
            [sum(counts, Counter()) for counts in zip(*(item.moved for item in each), strict=True)],
        )

    def readings(self, since: int, until: int) -> Readings:
        readings = Readings()
        for item in self._ask_all(GetReadings(since, until), Readings):
            readings.add(item)
        return readings

    def rest(self, seconds: float) -> None:
        """Let them read nothing from now on, for so long. What is asked then is answered at its end."""
        for process in self._processes:
            process.send(Rest(seconds))

    def wait_until_subscribed(self) -> None:
        """Wait until each has had an event; raises BenchError."""
        latest = time.monotonic() + _SUBSCRIBED_WITHIN
        while (status := self.status()).receiving < self.count:
            if status.failures:
                raise BenchError(f"{len(status.failures)} of {self.count} clients failed: {status.failures[0][:500]}")
            if time.monotonic() > latest:
                raise BenchError(f"Of {self.count} clients, {status.receiving} receive events.")
            time.sleep(0.5)

    def wait_for(self, sent: Sequence[int], within: float) -> ClientStatus:
        """Wait until each has all events up to those numbers, or until it takes too long."""
        latest = time.monotonic() + within
        while not (status := self.status()).has_all(sent) and time.monotonic() < latest:
            time.sleep(0.2)
        return status

    def _ask_all(self, command: Command, kind: type[T]) -> list[T]:
        for process in self._processes:
            process.send(command)
        return [_answer(process, kind) for process in self._processes]


def _answer(process: Connection, kind: type[T]) -> T:
    if not process.poll(_ANSWERS_WITHIN):
        raise BenchError("A process of clients does not answer.")
    try:
        answer = process.recv()
    except EOFError:
        raise BenchError("A process of clients has ended.") from None
    assert isinstance(answer, kind)  # noqa: S101  # as the process answers
    return answer


@contextlib.contextmanager
def clients(
    server: str, upstream: str, count: int, processes: int = PROCESSES, receive_buffer: int | None = None
) -> Iterator[Clients]:
    """Yield clients that subscribe to the channels in turn, as many in each process.

    With a receive buffer they are slow ones, and no client of the upstream itself is with them.
    """
    scripts = [ReplayScript.of_subscription(*_address(server), channel.document) for channel in CHANNELS]
    target = f"{SOCKET_PATH}?cg-api-key={_DIRECT_KEY}"
    direct = ReplayScript.of_channel(*_address(upstream), target, CHANNELS[0].name)
    plan = ClientPlan(
        size=count // processes,
        scripts=scripts,
        direct=direct if receive_buffer is None else None,
        receive_buffer=receive_buffer,
    )
    with _running(plan, processes) as crowd:
        yield crowd


@contextlib.contextmanager
def moving_clients(servers: Sequence[str], count: int, processes: int = PROCESSES) -> Iterator[Clients]:
    """Yield clients that are spread over the servers, and go on at the next one when their connection ends."""
    scripts = [
        ReplayScript.of_subscription(*_address(server), channel.resumable) for server in servers for channel in CHANNELS
    ]
    with _running(ClientPlan(count // processes, scripts, moves_on=True), processes) as crowd:
        yield crowd


@contextlib.contextmanager
def _running(plan: ClientPlan, processes: int) -> Iterator[Clients]:
    with contextlib.ExitStack() as stack:
        yield Clients(plan.size * processes, [_started(plan, stack) for _ in range(processes)])


def _started(plan: ClientPlan, stack: contextlib.ExitStack) -> Connection:
    context = multiprocessing.get_context("spawn")
    parent, child = context.Pipe()
    process = context.Process(target=run, args=(plan, f"127.0.0.{next(_hosts)}", child), daemon=True)
    process.start()
    child.close()
    stack.callback(_stop, process, parent)
    return parent


def _stop(process: BaseProcess, parent: Connection) -> None:
    parent.close()
    process.join(_STOPS_WITHIN)
    if process.is_alive():
        process.kill()
        process.join()


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port  # noqa: S101, PT018  # as servers print them
    return parts.hostname, parts.port
