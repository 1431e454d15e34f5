"""`make chaos`: the real server with a failing CoinGlass, and a verdict on each promise.

The exit code is 0 if every verdict holds.
"""

import argparse
import asyncio
import dataclasses
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from bench.processes import BenchError
from chaos import report, store_faults
from chaos.callers import callers
from chaos.changes import changes
from chaos.crowd import crowd
from chaos.cut_quota import cut_quota
from chaos.cycles import cycles
from chaos.dashboard import dashboard
from chaos.every_fault import every_fault
from chaos.fairness import fairness
from chaos.half_errors import half_errors
from chaos.hanging import hanging
from chaos.killed_replicas import killed_replicas
from chaos.memory import memory
from chaos.polls import polls, short_quota
from chaos.share import share
from chaos.shared_cold import shared_cold
from chaos.start import start
from chaos.stop import stop
from chaos.stop_streams import stop_streams
from chaos.stores import StoreProduct
from chaos.stream_faults import silence, stream
from chaos.upgraded_plan import upgraded_plan
from chaos.verdict import FULL, QUICK, Effort, Verdict, as_table

Scenario: TypeAlias = Callable[[Effort], Awaitable[list[Verdict]]]

# Lanes run concurrently, since most scenarios wait for time to pass; the scenarios of a lane run in order. The lanes
# are few and of about equal length: more at once would measure the machine.
LANES: tuple[Mapping[str, Scenario], ...] = (
    {"memory": memory},
    {"faults": every_fault, "callers": callers, "start": start, "stop": stop},
    {"share": share, "quota": cut_quota},
    {"dashboard": dashboard, "errors": half_errors, "fairness": fairness, "crowd": crowd},
    {"stream": stream, "silence": silence, "polls": polls, "hang": hanging, "stopstreams": stop_streams},
    {"cycles": cycles, "upgrade": upgraded_plan, "shortquota": short_quota, "changes": changes},
)
# After the others, since each has six servers.
LATER: tuple[Mapping[str, Scenario], ...] = (
    {"replicas-cold": shared_cold, "replicas-kills": killed_replicas},
    {
        "replicas-killed": store_faults.killed,
        "replicas-paused": store_faults.paused,
        "replicas-restarted": store_faults.restarted,
        "replicas-emptied": store_faults.emptied,
        "replicas-slowed": store_faults.slowed,
        "replicas-partitioned": store_faults.partitioned,
        "replicas-full": store_faults.full,
    },
)
ALL = tuple(name for lane in (*LANES, *LATER) for name in lane)


async def run(names: Sequence[str], effort: Effort) -> list[Verdict]:
    return [verdict for lanes in (LANES, LATER) for verdict in await _at_once(lanes, names, effort)]


async def _at_once(lanes: Sequence[Mapping[str, Scenario]], names: Sequence[str], effort: Effort) -> list[Verdict]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_lane(lane, names, effort)) for lane in lanes]
    return [verdict for task in tasks for verdict in task.result()]


async def _lane(lane: Mapping[str, Scenario], names: Sequence[str], effort: Effort) -> list[Verdict]:
    return [item for name in lane if name in names for item in await _tried(name, lane[name], effort)]


async def _tried(name: str, scenario: Scenario, effort: Effort) -> list[Verdict]:
    """Return the verdicts of the scenario, one of them if it could not be carried out."""
    started = time.monotonic()
    try:
        actual = await scenario(effort)
    except (OSError, RuntimeError, BenchError) as error:
        actual = [Verdict(name, "can be carried out", f"{type(error).__name__}: {str(error)[:300]}", holds=False)]
    holding = sum(item.holds for item in actual)
    sys.stdout.write(f"{name}: {holding} of {len(actual)} hold ({time.monotonic() - started:.0f} s)\n")
    sys.stdout.flush()
    return actual


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to try, or the part before the hyphen: {', '.join(ALL)}"
    )
    parser.add_argument("--quick", action="store_true", help="in a shorter form, where there is one")
    parser.add_argument("--store", choices=[kind.value for kind in StoreProduct], default=StoreProduct.VALKEY.value)
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    chosen = parser.parse_args()
    unknown = {name for name in chosen.names if not matching(name)}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if chosen.write and (chosen.names or chosen.quick):
        parser.error("--write needs everything, tried in full")
    chosen.names = [item for name in chosen.names for item in matching(name)] or list(ALL)
    return chosen


def matching(name: str) -> list[str]:
    """Return the scenarios that a name stands for: itself, or all that begin with it and a hyphen."""
    return [item for item in ALL if item == name or item.startswith(f"{name}-")]


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    chosen = arguments()
    try:
        effort = dataclasses.replace(QUICK if chosen.quick else FULL, store=StoreProduct(chosen.store))
        verdicts = asyncio.run(run(chosen.names, effort))
    except KeyboardInterrupt:
        return 130
    sys.stdout.write("\n" + as_table(verdicts) + "\n")
    if chosen.write:
        report.write(verdicts)
    return 0 if all(item.holds for item in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
