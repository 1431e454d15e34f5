"""The figures on `/metrics` of what replicas share: those of this replica, and of the server's key."""

from collections.abc import Mapping
from typing import Any

from server.sampling import PREFIX, Sampler
from server.sharing import KeySharing, Sharing


def declare_sharing_metrics(sampler: Sampler, sharing: Sharing, key: KeySharing | None) -> None:
    about = "1, with the name of this replica."
    replica, observer = sharing.replica, sharing.observer
    sampler.gauge(f"{PREFIX}_replica_info", about, ("replica",), lambda: {(replica,): 1})
    about = "1 while the store that replicas share is away."
    sampler.gauge(f"{PREFIX}_shared_store_away", about, (), lambda: {(): observer.is_away}, "livemax")
    about = "Operations of callers with a budget, by who decided: the store (`shared`), or why this replica did."
    budgets = sharing.budgets.counts
    sampler.counter(f"{PREFIX}_shared_budget_decisions", about, ("outcome",), lambda: _by_label(budgets))
    if key is not None:
        _declare_key(sampler, key)


def _declare_key(sampler: Sampler, key: KeySharing) -> None:
    quota, channels = key.quota, key.channels
    about = "Lookups of answers that replicas share, and answers to be shared, by outcome."
    sampler.counter(f"{PREFIX}_shared_answers", about, ("outcome",), lambda: _by_label(key.answers.counts))
    about = "Facts of the key that replicas tell each other, by outcome."
    sampler.counter(f"{PREFIX}_shared_facts", about, ("outcome",), lambda: _by_label(key.facts.counts))
    about = "Replicas that share the quota, as this one knows."
    sampler.gauge(f"{PREFIX}_shared_quota_members", about, (), lambda: {(): quota.contact.replicas}, "livemax")
    about = "1 while this replica has a part of the quota for itself, since the store is away."
    sampler.gauge(f"{PREFIX}_shared_quota_alone", about, (), lambda: {(): quota.contact.is_alone})
    about = "1 if this replica owns the WebSocket to CoinGlass."
    sampler.gauge(f"{PREFIX}_shared_stream_owner", about, (), lambda: {(): channels.is_owner})
    about = "Times that this replica became the owner of the WebSocket to CoinGlass."
    sampler.counter(f"{PREFIX}_shared_stream_takeovers", about, (), lambda: {(): channels.takeovers})
    about = "Channels that this replica follows by a WebSocket of its own, since the store is away."
    sampler.gauge(f"{PREFIX}_shared_streams_alone", about, (), lambda: {(): channels.alone})


def _by_label(counts: Mapping[str, int]) -> Mapping[Any, float]:
    return {(label,): count for label, count in counts.items()}
