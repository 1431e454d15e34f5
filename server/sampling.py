"""Exports plain integer counters to Prometheus.

Caches, quota and circuits count in plain integers, which costs them nothing and keeps them free of Prometheus. A sample
copies the figures: twice a second, so that other workers can show them, at the end, and when the page is requested.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

PREFIX: Final = "coinglass_graphql"
SAMPLE_SECONDS: Final = 0.5
_DELAYS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

Labels: TypeAlias = tuple[str, ...]
Read: TypeAlias = Callable[[], Mapping[Any, float]]  # by Labels; a mapping is not covariant in its keys
AcrossWorkers: TypeAlias = Literal["livesum", "livemax", "livemin"]


class Sampler:
    """The figures of one process, by the functions that read them."""

    def __init__(self, registry: CollectorRegistry, on_sample: Callable[[bool], None] = lambda _: None) -> None:
        """`on_sample` is called after each sample, with whether it is the last."""
        self._registry, self._on_sample = registry, on_sample
        self._counters: list[tuple[Counter, Read, dict[Labels, float]]] = []
        self._gauges: list[tuple[Gauge, Read]] = []
        about = "Delay of a timer of the event loop, measured twice a second."
        self._delay = self.histogram(f"{PREFIX}_event_loop_delay_seconds", about, _DELAYS)

    def counter(self, name: str, about: str, labels: Labels, read: Read) -> None:
        self._counters.append((Counter(name, about, labels, registry=self._registry), read, {}))

    def gauge(self, name: str, about: str, labels: Labels, read: Read, across: AcrossWorkers = "livesum") -> None:
        """`across`: how the gauges of several workers become one."""
        gauge = Gauge(name, about, labels, registry=self._registry, multiprocess_mode=across)
        self._gauges.append((gauge, read))

    def histogram(self, name: str, about: str, buckets: Sequence[float]) -> Histogram:
        """Declare a histogram, which is observed directly."""
        return Histogram(name, about, registry=self._registry, buckets=buckets)

    def sample(self, *, is_last: bool = False) -> None:
        for counter, read, before in self._counters:
            for labels, total in read().items():
                increase = total - before.get(labels, 0)
                if increase < 0:  # the source has begun again, as after a restart
                    increase = total
                if increase or labels not in before:
                    (counter.labels(*labels) if labels else counter).inc(increase)
                    before[labels] = total
        for gauge, read in self._gauges:
            for labels, value in read().items():
                (gauge.labels(*labels) if labels else gauge).set(value)
        self._on_sample(is_last)

    async def run(self) -> None:
        """Sample until cancelled, and measure how late the event loop is each time."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                due = loop.time() + SAMPLE_SECONDS
                await asyncio.sleep(SAMPLE_SECONDS)
                self._delay.observe(max(0.0, loop.time() - due))
                self.sample()
        finally:
            self.sample(is_last=True)
