"""What counts and logs: requests over HTTP, operations over WebSocket, and calls to CoinGlass."""

from collections.abc import Callable, Collection
from pathlib import Path

from prometheus_client import CollectorRegistry

from resolvers.operation_record import OperationRecord
from server.http import Request, Response
from server.live.socket_counts import SocketCounts
from server.metrics_page import metrics_page
from server.request_log import log_operation, log_request
from server.request_metrics import OperationNames, RequestMetrics
from server.sampling import Sampler
from server.store_observer import CountingStoreObserver
from server.upstream_observer import UpstreamObserver


class Observation:
    """The metrics of the process, and the lines of its log that are about requests and calls."""

    def __init__(self, trusted_names: Callable[[], Collection[str]], folder: Path | None) -> None:
        """`trusted_names`: operations that metrics always name. `folder`: where workers share their figures."""
        self._registry, self._folder = CollectorRegistry(auto_describe=False), folder
        self.calls, self.sockets = UpstreamObserver(self._registry), SocketCounts()
        self.sampler = Sampler(self._registry, self.calls.failures.review)
        self._requests = RequestMetrics(self._registry, OperationNames(trusted_names))

    def observe_store(self) -> CountingStoreObserver:
        """Return what counts the operations of the store that replicas share."""
        return CountingStoreObserver(self._registry)

    def request_ended(self, request: Request, response: Response, seconds: float) -> None:
        self._requests.count_request(request, response, seconds)
        log_request(request, response, seconds)

    def operation_ended(self, opening: Request, record: OperationRecord, seconds: float) -> None:
        """Note an operation over the WebSocket that the request opened."""
        self._requests.count_operation(record, seconds)
        log_operation(opening, record, seconds)

    def page(self) -> Response:
        return metrics_page(self._registry, self.sampler.sample, self._folder)
