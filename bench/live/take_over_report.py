"""The lane of the replicas as Markdown."""

import resource
from collections.abc import Iterator
from typing import Final

from bench.live.bound import Bound
from bench.live.channels import CHANNELS
from bench.live.take_over import REPLICAS, TakeOver
from bench.markdown import table

MAX_SECONDS: Final = 5.0


def of_take_over(result: TakeOver, required: int) -> Iterator[Bound]:
    label = f"{result.clients:,} subscribers of {REPLICAS} replicas"
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = f"{result.clients:,} (a process may open {files:,} files)"
    yield Bound(f"subscribers of {REPLICAS} replicas", f"{required:,}", most, result.clients == required)
    seen = f"{result.sockets} and {result.subscriptions}"
    yield Bound(f"{label}: upstream sockets and subscriptions", "1 and 5", seen, seen == f"1 and {len(CHANNELS)}")
    took = f"{result.steady:.1f} s"
    yield Bound(f"{label}: take-over after SIGKILL", f"< {MAX_SECONDS:g} s", took, result.steady < MAX_SECONDS)
    equal = f"{result.clients - result.different:,} of {result.clients:,}, {result.moved:,} of which have moved"
    is_equal = not result.different and result.is_complete and not result.failures
    yield Bound(f"{label}: the series of one that never lost its connection", "all", equal, is_equal)
    yield Bound(f"{label}: events sent again", "none", f"to {result.doubled:,} clients", not result.doubled)


def times(result: TakeOver) -> str:
    head = (
        "subscribers", "moved", "s to another socket", "s to later events, steady ones", "s to later events, all",
        "events lost upstream",
    )  # fmt: skip
    seconds = (f"{each:.2f}" for each in (result.socket, result.steady, result.everybody))
    return table(head, [(f"{result.clients:,}", f"{result.moved:,}", *seconds, f"{result.missing:,}")])
