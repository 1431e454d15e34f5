"""Spans of batches: what a loader fetches at the same time, and windows whose calls are decided on together."""

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeAlias

from cg_client.call import Call
from cg_client.tracing import Span, Tracer, within

Started: TypeAlias = asyncio.Future[Any]
StartPlan: TypeAlias = Callable[[tuple[Call, ...]], Sequence[Started]]


@contextlib.contextmanager
def loader_batch(tracer: Tracer | None, size: int) -> Iterator[None]:
    """Record what a loader fetches at the same time."""
    if tracer is None:
        yield
        return
    with within(tracer.start("batch", {"coinglass.batch.kind": "keys", "coinglass.batch.size": size})):
        yield


class WindowBatches:
    """The windows that a coalescer decides on at the same time: one batch for each operation among them.

    A batch ends with the last of its calls.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._batches: dict[Hashable, _WindowBatch] = {}

    def start(self, start: StartPlan, plan: tuple[Call, ...]) -> Sequence[Started]:
        """Start the calls of a window, in the context of its operation."""
        parent = self._tracer.current_id()
        batch = self._batches.get(parent)
        if batch is None:
            span = self._tracer.start("batch", {"coinglass.batch.kind": "windows"})
            batch = self._batches[parent] = _WindowBatch(span)
        with batch.span.activate():
            started = start(plan)
        batch.add(started)
        return started

    def close(self) -> None:
        """To be called when all windows are started."""
        for batch in self._batches.values():
            batch.close()


class _WindowBatch:
    def __init__(self, span: Span) -> None:
        self.span, self._windows, self._open = span, 0, 1

    def add(self, started: Sequence[Started]) -> None:
        self._windows += 1
        for future in started:
            if not future.done():
                self._open += 1
                future.add_done_callback(self._release)

    def close(self) -> None:
        self.span.set_attribute("coinglass.batch.size", self._windows)
        self._release()

    def _release(self, _: object = None) -> None:
        self._open -= 1
        if not self._open:
            self.span.end()
