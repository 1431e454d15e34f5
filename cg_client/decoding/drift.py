"""Where CoinGlass' answers differ from the catalogue, counted for the operator since the process began."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from cg_client.decoding.anomalies import Anomaly, AnomalyKind
from cg_client.endpoint import Endpoint

MAX_FINDINGS = 1000  # distinct ones; further ones are counted under the field `…` of their endpoint
_FURTHER = "…"

Listener: TypeAlias = Callable[[Endpoint, Anomaly], None]


class Finding(msgspec.Struct, frozen=True):
    """One kind of anomaly in one field of one endpoint."""

    endpoint: str
    kind: AnomalyKind
    field: str


class Drift:
    """Counts anomalies by endpoint, kind and field; `on_new` hears of each finding once."""

    def __init__(self) -> None:
        self.on_new: Listener = lambda *_: None
        self.counts: Counter[Finding] = Counter()

    def record(self, endpoint: Endpoint, anomalies: Iterable[Anomaly]) -> None:
        for anomaly in anomalies:
            finding = Finding(endpoint.path, anomaly.kind, anomaly.field)
            if finding not in self.counts and len(self.counts) >= MAX_FINDINGS:
                finding = Finding(endpoint.path, anomaly.kind, _FURTHER)
            is_new = finding not in self.counts
            self.counts[finding] += anomaly.count
            if is_new:
                self.on_new(endpoint, anomaly)
