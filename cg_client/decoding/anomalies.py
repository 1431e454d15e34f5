"""What of CoinGlass' answers could not be read: collected while decoding, served with the payload, counted as drift.

The readers (`cg_client/decoding/tolerance.py`) decide what becomes of a value, and report it here.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum

import msgspec

from cg_client.endpoint import Endpoint

MAX_SAMPLE = 80  # characters
MAX_FINDINGS = 100  # distinct anomalies of one answer; further ones are counted under the field `…`
MAX_DRIFT_KEYS = 1000  # distinct anomalies of all answers; further ones likewise, by endpoint
_FURTHER = "…"


class AnomalyKind(Enum):
    FIELD_MISSING = "FIELD_MISSING"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    VALUE_UNREADABLE = "VALUE_UNREADABLE"
    ROW_SKIPPED = "ROW_SKIPPED"
    SHAPE_CHANGED = "SHAPE_CHANGED"


class DecodingAnomaly(msgspec.Struct, frozen=True):
    """`field` is CoinGlass' path below one row, such as `asset_details.btc_holding`; `sample` the first such value."""

    kind: AnomalyKind
    field: str
    count: int
    sample: str | None = None


class AnomalyCollector(msgspec.Struct, eq=False):
    """Collects the anomalies of one answer, each distinct one once.

    `redact` removes secrets from names and samples, before they are cut: no part of a secret remains.
    """

    redact: Callable[[str], str] = str
    counts: dict[tuple[AnomalyKind, str], int] = {}
    samples: dict[tuple[AnomalyKind, str], str] = {}

    def report(self, kind: AnomalyKind, field: str, sample: object = msgspec.UNSET, count: int = 1) -> None:
        """Count an anomaly; the first `sample` of its kind and field is stored, shortened."""
        key = kind, self.redact(field)[:MAX_SAMPLE]
        if key not in self.counts and len(self.counts) >= MAX_FINDINGS:
            key = kind, _FURTHER
        self.counts[key] = self.counts.get(key, 0) + count
        if sample is not msgspec.UNSET and key not in self.samples:
            self.samples[key] = shortened(self.redact(_as_json(sample)))

    def clear(self) -> None:
        self.counts.clear()
        self.samples.clear()

    def anomalies(self) -> tuple[DecodingAnomaly, ...]:
        return tuple(
            DecodingAnomaly(kind, field, count, self.samples.get((kind, field)))
            for (kind, field), count in self.counts.items()
        )


class DriftKey(msgspec.Struct, frozen=True):
    """One kind of anomaly in one field of one endpoint."""

    endpoint: str
    kind: AnomalyKind
    field: str


class DriftCounter:
    """Counts where answers differ from the catalogue, since the process began; calls `on_new` once for each key.

    A key that another replica has met is counted here from 0 on, and is not new.
    """

    def __init__(self) -> None:
        self.on_new: Callable[[Endpoint, DecodingAnomaly], None] = lambda *_: None
        self.on_key: Callable[[DriftKey], None] = lambda _: None  # likewise, for the other replicas
        self.counts: Counter[DriftKey] = Counter()

    def record(self, endpoint: Endpoint, anomalies: Iterable[DecodingAnomaly]) -> None:
        for anomaly in anomalies:
            key = DriftKey(endpoint.path, anomaly.kind, anomaly.field)
            if key not in self.counts and len(self.counts) >= MAX_DRIFT_KEYS:
                key = DriftKey(endpoint.path, anomaly.kind, _FURTHER)
            is_new = key not in self.counts
            self.counts[key] += anomaly.count
            if is_new:
                self.on_new(endpoint, anomaly)
                self.on_key(key)

    def take_over(self, key: DriftKey) -> None:
        """Note a key that another replica has met."""
        if len(self.counts) < MAX_DRIFT_KEYS:
            self.counts.setdefault(key, 0)


def merged(parts: Iterable[tuple[DecodingAnomaly, ...]]) -> tuple[DecodingAnomaly, ...]:
    """Return the anomalies of several answers, added up by kind and field."""
    total: dict[tuple[AnomalyKind, str], DecodingAnomaly] = {}
    for anomaly in (anomaly for part in parts for anomaly in part):
        key = anomaly.kind, anomaly.field
        before = total.get(key)
        count = anomaly.count if before is None else before.count + anomaly.count
        total[key] = msgspec.structs.replace(before or anomaly, count=count)
    return tuple(total.values())


def _as_json(sample: object) -> str:
    try:
        return msgspec.json.encode(sample, enc_hook=repr).decode()
    except (RecursionError, UnicodeEncodeError):  # nested too deep, or half of a surrogate pair
        return ""


def shortened(text: str) -> str:
    """Return the text cut to `MAX_SAMPLE` characters."""
    return text if len(text) <= MAX_SAMPLE else f"{text[: MAX_SAMPLE - 1]}…"
