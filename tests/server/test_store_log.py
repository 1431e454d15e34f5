"""What the log says of a store that cannot be used."""

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from server.store_observer import CountingStoreObserver


def test_a_server_without_a_store_from_the_start_does_not_go_on_alone_but_sends_nothing() -> None:
    observer = CountingStoreObserver(CollectorRegistry())
    with capture_logs() as logged:
        for _ in range(3):
            observer.on_unreachable("refused")
    (line,) = logged
    assert "sends nothing" in line["event"]
    assert "alone" not in line["event"]


def test_a_store_that_goes_away_leaves_the_replica_alone() -> None:
    observer = CountingStoreObserver(CollectorRegistry())
    observer.on_return(0.0)
    with capture_logs() as logged:
        observer.on_away("lost")
        observer.on_unreachable("refused")
    (line,) = logged
    assert "goes on alone" in line["event"]
