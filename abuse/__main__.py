"""`make abuse`: requests that are meant to hurt, sent to the real server, and a verdict on each.

The exit code is 0 if every verdict holds.
"""

import argparse
import asyncio
import functools
import resource
import signal
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import httpx

from abuse.bystander import Bystander, p99, running
from abuse.crowds import SEND_SECONDS, idle_sockets, slow_readers
from abuse.reaction import Reaction, ServerAddress
from abuse.requests import BODY_SECONDS, HEAD_SECONDS, WITHIN, cases
from abuse.sockets import attack, attacks, floods
from abuse.subscriptions import PATIENCE, assault, assaults
from bench.processes import BenchError
from chaos.rig import Rig, rig
from chaos.verdict import Verdict, as_table
from server.settings import Settings

Act: TypeAlias = Callable[[], Awaitable[Reaction]]

MAX_GROWTH: Final = 50.0  # megabytes
SLOWER: Final = 2.0  # that a normal client may become, at most
FLOOR: Final = 0.05  # seconds, for which an operation may block the event loop
_MEGABYTE: Final = 2**20
_FLOOD_SECONDS: Final = 3.0
_SLACK: Final = 2.5  # seconds for a review of the connections and a busy machine
_SETTINGS: Final = {
    "cache_mb": 4,  # so small that the caches are full before the plateau is read
    "response_cache_mb": 2,
    "fragment_cache_mb": 1,
    "max_connections_per_address": Settings().max_connections_per_address,
}


@dataclass(frozen=True, slots=True)
class AbuseEffort:
    alone: float  # seconds of the normal client before the abuse
    repeats: int
    is_quick: bool = False


FULL = AbuseEffort(alone=20.0, repeats=10)
QUICK = AbuseEffort(alone=5.0, repeats=3, is_quick=True)


@dataclass
class AbuseRun:
    """The server under abuse, and what was measured. `plateau`: its memory before, in megabytes."""

    tested: Rig
    bystander: Bystander
    plateau: float = 0.0
    verdicts: list[Verdict] = field(default_factory=list)

    def megabytes(self) -> float:
        return self.tested.server.resident_bytes() / _MEGABYTE

    async def add(self, name: str, act: Act, *, repeats: int, limit: float | None = None) -> None:
        started = time.perf_counter()
        sizes: list[float] = []
        watch = asyncio.create_task(self._record(sizes))
        try:
            reactions = [await act() for _ in range(repeats)]
        finally:
            watch.cancel()
        growth = max([*sizes, self.megabytes()]) - self.plateau
        worst = max(self.bystander.between(started, time.perf_counter()), default=0.0)
        self.verdicts.append(verdict(name, reactions, growth, worst, limit))

    async def _record(self, sizes: list[float]) -> None:
        while True:
            sizes.append(self.megabytes())
            await asyncio.sleep(0.02)


def verdict(name: str, reactions: Sequence[Reaction], growth: float, worst: float, limit: float | None) -> Verdict:
    """Judge the median of the times: the machine's two cores are shared."""
    patient = limit is not None
    seconds = statistics.median(item.elapsed if patient else item.seconds for item in reactions)
    allowed = WITHIN if limit is None else limit
    holds = all(item.accepted for item in reactions) and seconds <= allowed and growth <= MAX_GROWTH
    texts = ", ".join(sorted({item.text for item in reactions}))
    shown = f"{seconds:.1f} s" if patient else f"{seconds * 1000:.0f} ms"
    text = f"{texts} after {shown}; memory {growth:+.0f} MB; the normal client waits {worst * 1000:.0f} ms at most"
    bound = f"ends within {allowed:g} s" if patient else f"refused within {allowed * 1000:.0f} ms"
    return Verdict(name, f"{bound}, memory +{MAX_GROWTH:.0f} MB", text, holds)


async def run(names: Sequence[str], effort: AbuseEffort) -> list[Verdict]:
    limits = {"head_seconds": HEAD_SECONDS, "body_seconds": BODY_SECONDS, "send_seconds": SEND_SECONDS}
    async with rig(**limits, **_SETTINGS) as tested, running(tested.caller()) as bystander:
        started = time.perf_counter()
        await asyncio.sleep(effort.alone)
        begun = time.perf_counter()
        alone = bystander.between(started + effort.alone / 5, begun)
        this = AbuseRun(tested, bystander)
        this.plateau = this.megabytes()
        for name, (act, repeats, limit) in _acts(tested, effort).items():
            if not names or any(text in name for text in names):
                if limit == PATIENCE:  # streams keep events for clients that come back: each is measured by itself
                    this.plateau = this.megabytes()
                try:
                    await this.add(name, act, repeats=repeats, limit=limit)
                except OSError as error:  # the server does not listen any more
                    raise BenchError(f"after {name}: {error}; {tested.server.log_text()[-3000:]}") from error
                sys.stdout.write(f"{as_line(this.verdicts[-1])}\n")
                sys.stdout.flush()
        during = bystander.between(begun, time.perf_counter())
        return [*this.verdicts, *await _afterwards(tested, bystander, alone, during)]


def _acts(tested: Rig, effort: AbuseEffort) -> dict[str, tuple[Act, int, float | None]]:
    """Return what to do, how often, and the limit of time by which it ends, if it does."""
    at = urlsplit(tested.server.url)
    target = ServerAddress(str(at.hostname), int(at.port or 0))
    acts: dict[str, tuple[Act, int, float | None]] = {}
    for case in cases():
        send = functools.partial(_send, target, case.pieces)
        patience = max(HEAD_SECONDS, BODY_SECONDS) + _SLACK
        acts[case.name] = (send, 1, patience) if case.patient else (send, effort.repeats, None)
    for name, act in attacks().items():
        acts[name] = functools.partial(attack, target, act), effort.repeats, None
    for name, act in floods().items():
        acts[name] = functools.partial(attack, target, act), 1, _FLOOD_SECONDS
    acts["40 clients that do not read"] = functools.partial(slow_readers, target), 1, SEND_SECONDS + 10
    acts["2,000 idle sockets"] = functools.partial(idle_sockets, target, HEAD_SECONDS), 1, HEAD_SECONDS + 10
    for name, assail in assaults(quick=effort.is_quick).items():
        acts[name] = functools.partial(assault, target, tested.upstream, assail), 1, PATIENCE
    return acts


async def _send(target: ServerAddress, pieces: Callable[[], object]) -> Reaction:
    return await target.send(pieces())  # type: ignore[arg-type]  # as declared in RawCase


async def _afterwards(tested: Rig, bystander: Bystander, alone: list[float], during: list[float]) -> list[Verdict]:
    async with httpx.AsyncClient(trust_env=False) as http:
        health = (await http.get(f"{tested.server.url}/healthz")).status_code
    log = tested.server.log_text()
    before, after = p99(alone), p99(during)
    bound = max(SLOWER * before, FLOOR)
    text = f"{before * 1000:.1f} ms alone, {after * 1000:.1f} ms during the abuse ({len(during)} requests)"
    failures = bystander.failures
    return [
        Verdict("p99 of a normal client", f"≤ {bound * 1000:.0f} ms", text, after <= bound),
        Verdict("answers to the normal client", "all", f"{len(failures)} failed {failures[:1]}", not failures),
        Verdict("health afterwards", "200", str(health), health == httpx.codes.OK),
        Verdict("tracebacks in the log", "none", _first_traceback(log), "Traceback" not in log),
    ]


def _first_traceback(log: str) -> str:
    """Return the number of tracebacks, and the end of the first."""
    count = log.count("Traceback")
    if not count:
        return "none"
    lines = log[log.index("Traceback") :].splitlines()
    frames = next((number for number, line in enumerate(lines[1:], 1) if not line.startswith(" ")), len(lines))
    return f"{count}: … {' / '.join(line.strip() for line in lines[: frames + 1])[-600:]}"


def as_line(item: Verdict) -> str:
    return f"{'ok    ' if item.holds else 'FAILED'} {item.scenario}: {item.measured}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m abuse", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of the names of what to send; else everything")
    parser.add_argument("--quick", action="store_true", help="a minute")
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    chosen = arguments()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        verdicts = asyncio.run(run(chosen.names, QUICK if chosen.quick else FULL))
    except KeyboardInterrupt:
        return 130
    except BenchError as error:
        sys.stdout.write(f"FAILED {error}\n")
        return 1
    sys.stdout.write("\n" + as_table(verdicts) + "\n")
    return 0 if all(item.holds for item in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
