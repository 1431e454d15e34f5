"""Numbered events that a subscriber was not sent are losses, unless it was told of a gap or a lag."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from chaos.leftovers import Resources
from chaos.numbered import FIRST, silent_losses
from chaos.subscribers import ReceivedValues, Watch

SENT = {FIRST + number: 1_795_000_000.0 + number for number in range(10)}


def update(*numbers: int) -> dict[str, Any]:
    return {"__typename": "LiveLiquidationsUpdate", "data": {"orders": [{"usd": FIRST + item} for item in numbers]}}


def resumed(start: int, seconds: float) -> dict[str, Any]:
    at = datetime.fromtimestamp(SENT[FIRST + start], UTC).isoformat()
    return {"__typename": "StreamStatus", "state": "RESUMED", "gapStart": at, "gapSeconds": seconds}


def losses(events: Sequence[dict[str, Any]], until: int = 9, **options: Any) -> int:
    watch = Watch("one", [ReceivedValues(0.0, event) for event in events])
    return len(list(silent_losses(watch, SENT, FIRST + until, **options)))


@pytest.mark.parametrize(
    ("events", "is_lost"),
    [
        ([update(0, 1, 2), update(3)], False),
        ([update(0, 3)], True),
        ([update(0), resumed(1, 1.0), update(3)], False),
        ([update(0), resumed(1, 0.5), update(3)], True),
        ([update(0), resumed(2, 1.0), update(3)], True),
        ([update(0), {"__typename": "StreamStatus", "state": "LAGGING", "dropped": 2}, update(3)], False),
        ([update(0), {"__typename": "StreamStatus", "state": "LAGGING", "dropped": 1}, update(3)], True),
        ([update(0, 1), update(1, 2, 3)], True),
        ([update(1, 0, 2, 3)], True),
        ([], True),
    ],
)
def test_what_is_missing_must_be_announced(events: list[dict[str, Any]], is_lost: bool) -> None:
    assert losses(events, until=3) == is_lost


def test_nothing_may_be_missing_from_the_first_number_on() -> None:
    assert losses([update(3)], until=3) == 0
    assert losses([update(3)], until=3, first=FIRST) == 1
    assert losses([resumed(0, 2.0), update(3)], until=3, first=FIRST) == 0


@pytest.mark.parametrize("more", [{"files": 3}, {"tasks": 1}, {"feeds": 1}, {"streams": 1}])
def test_what_is_left_behind_is_seen(more: dict[str, int]) -> None:
    counts = {"tasks": 6, "files": 16, "feeds": 0, "subscribers": 0, "broadcasts": 0, "channels": 0, "streams": 0}
    before = Resources(**counts, megabytes=100.0)
    assert Resources(**counts, megabytes=100.0).is_no_more_than(before)
    after = {name: count + more.get(name, 0) for name, count in counts.items()}
    assert not Resources(**after, megabytes=100.0).is_no_more_than(before)
