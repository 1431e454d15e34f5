"""The figures of subscriptions on `/metrics`."""

from collections.abc import Callable, Mapping
from typing import Any

from server.live.broadcasts import Broadcasts
from server.live.socket_counts import SocketCounts
from server.sampling import PREFIX, Sampler

_DELAYS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def declare_live_metrics(
    sampler: Sampler, broadcasts: Broadcasts, sockets: SocketCounts, feeds: Callable[[], int]
) -> None:
    about = "Series and channels that subscriptions follow, or followed until some seconds ago."
    sampler.gauge(f"{PREFIX}_feeds", about, (), lambda: {(): feeds()})
    _declare_broadcasts(sampler, broadcasts)
    _declare_sockets(sampler, sockets)


def _declare_broadcasts(sampler: Sampler, broadcasts: Broadcasts) -> None:
    counts = broadcasts.counts
    about = "Clients of subscriptions."
    sampler.gauge(f"{PREFIX}_subscribers", about, (), lambda: {(): broadcasts.subscribers})
    about = "Operations of which each event is executed once for all clients."
    sampler.gauge(f"{PREFIX}_broadcasts", about, (), lambda: {(): len(broadcasts)})
    about = "Results of events that were executed."
    sampler.counter(f"{PREFIX}_event_results", about, (), lambda: {(): counts.executed})
    about = "Results of events that were sent, each counted for every client."
    sampler.counter(f"{PREFIX}_event_results_sent", about, (), lambda: {(): counts.sent})
    about = "Times that a client did not read its events in time."
    sampler.counter(f"{PREFIX}_lagging_subscribers", about, (), lambda: {(): counts.lagged})
    about = "Events that were not sent to a client that did not read them in time."
    sampler.counter(f"{PREFIX}_dropped_events", about, (), lambda: {(): counts.dropped})
    about = "Time from an event to the end of its sending to all clients of an operation."
    counts.on_delay = sampler.histogram(f"{PREFIX}_event_delay_seconds", about, _DELAYS).observe


def _declare_sockets(sampler: Sampler, sockets: SocketCounts) -> None:
    def connections() -> Mapping[Any, float]:
        return {(which,): sockets.connections[which] for which in ("first", "again")}

    about = "WebSockets to CoinGlass that were opened: first ones, and those after a lost one."
    sampler.counter(f"{PREFIX}_stream_connections", about, ("which",), connections)
    about = "WebSockets to CoinGlass that were lost or not opened, by the kind of failure."
    sampler.counter(f"{PREFIX}_stream_failures", about, ("kind",), lambda: _by_label(sockets.failures))
    about = "Channels that CoinGlass refused."
    sampler.counter(f"{PREFIX}_stream_refusals", about, ("channel",), lambda: _by_label(sockets.refusals))
    about = "Events from CoinGlass: new ones, and those that came again after a lost connection."
    sampler.counter(f"{PREFIX}_stream_events", about, ("channel", "which"), lambda: sockets.events)
    about = "Messages from CoinGlass that were ignored."
    sampler.counter(
        f"{PREFIX}_stream_messages_ignored", about, ("reason",), lambda: _by_label(sockets.ignored_messages)
    )


def _by_label(counts: Mapping[str, int]) -> Mapping[Any, float]:
    return {(label,): count for label, count in counts.items()}
