"""What of CoinGlass' answer could not be read: collected while it is decoded, served with the payload, counted.

Nothing here decides what becomes of a value; the readers do that (`cg_client/decoding/tolerance.py`) and report it.
"""

from collections.abc import Callable, Iterable
from enum import Enum

import msgspec

MAX_SAMPLE = 80  # characters
MAX_FINDINGS = 100  # distinct ones of one answer; further ones are counted under the field `…`
_FURTHER = "…"


class AnomalyKind(Enum):
    FIELD_MISSING = "FIELD_MISSING"
    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    VALUE_UNREADABLE = "VALUE_UNREADABLE"
    ROW_SKIPPED = "ROW_SKIPPED"
    SHAPE_CHANGED = "SHAPE_CHANGED"


class Anomaly(msgspec.Struct, frozen=True):
    """`field` is CoinGlass' path below one row, such as `asset_details.btc_holding`; `sample` the first value met."""

    kind: AnomalyKind
    field: str
    count: int
    sample: str | None = None


class AnomalyCollector:
    """Gathers the anomalies of one answer, each distinct one once.

    `redact` takes what must not be shown out of names and samples, before they are cut: no part of it stays.
    """

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self._redact = redact
        self._counts: dict[tuple[AnomalyKind, str], int] = {}
        self._samples: dict[tuple[AnomalyKind, str], str] = {}

    def report(self, kind: AnomalyKind, field: str, sample: object = msgspec.UNSET, count: int = 1) -> None:
        """Count an anomaly; the first `sample` of its kind and field is kept, shortened."""
        key = kind, self._redact(field)[:MAX_SAMPLE]
        if key not in self._counts and len(self._counts) >= MAX_FINDINGS:
            key = kind, _FURTHER
        self._counts[key] = self._counts.get(key, 0) + count
        if sample is not msgspec.UNSET and key not in self._samples:
            self._samples[key] = shortened(self._redact(_as_json(sample)))

    def clear(self) -> None:
        self._counts.clear()
        self._samples.clear()

    def found(self) -> tuple[Anomaly, ...]:
        """All that was reported."""
        if not self._counts:
            return ()
        return tuple(
            Anomaly(kind, field, count, self._samples.get((kind, field)))
            for (kind, field), count in self._counts.items()
        )


def merged(parts: Iterable[tuple[Anomaly, ...]]) -> tuple[Anomaly, ...]:
    """Return the anomalies of several answers, added up by kind and field."""
    total: dict[tuple[AnomalyKind, str], Anomaly] = {}
    for one in (anomaly for part in parts for anomaly in part):
        known = total.get((one.kind, one.field))
        total[one.kind, one.field] = (
            one if known is None else msgspec.structs.replace(known, count=known.count + one.count)
        )
    return tuple(total.values())


def _as_json(sample: object) -> str:
    try:
        return msgspec.json.encode(sample, enc_hook=repr).decode()
    except (RecursionError, UnicodeEncodeError):  # nested too deep, or half of a surrogate pair
        return ""


def shortened(text: str) -> str:
    """Return the text cut to `MAX_SAMPLE` characters."""
    return text if len(text) <= MAX_SAMPLE else f"{text[: MAX_SAMPLE - 1]}…"
