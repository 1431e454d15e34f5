"""The page `/metrics`: of this process, or the sum over all workers in prometheus_client's multiprocess mode."""

from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from server.http import Response

disable_created_metrics()  # they double the page, and its format has no use for them


def metrics_page(registry: CollectorRegistry, sample: Callable[[], None], folder: Path | None) -> Response:
    """Return the page with newly sampled figures; `folder` has those of all workers."""
    sample()
    if folder is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(folder))
    return Response.of(generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4.encode())
