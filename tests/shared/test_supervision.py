"""Work that goes on whatever it raises."""

import asyncio

import pytest
from structlog.testing import capture_logs

from shared.errors import CommandRefused, StoreAway
from shared.supervision import supervise
from tests.clock import FakeClock


@pytest.mark.parametrize(
    ("failure", "logged"),
    [
        (StoreAway("away"), []),
        (CommandRefused("no memory", "OOM"), []),
        (ValueError("of the work"), ["the work failed"]),
        (TimeoutError(), ["the work failed"]),
    ],
)
async def test_work_that_fails_is_repeated_after_a_pause_and_what_nobody_expects_is_logged(
    failure: Exception, logged: list[str]
) -> None:
    clock = FakeClock()
    outcomes = [None, failure, None]
    times: list[float] = []

    async def work() -> None:
        times.append(clock.monotonic())
        if not outcomes:
            raise asyncio.CancelledError
        if (outcome := outcomes.pop(0)) is not None:
            raise outcome

    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await supervise(work, clock, 2.0, "the work failed")
    assert times == [1000.0, 1000.0, 1002.0, 1002.0]
    assert [entry["event"] for entry in logs] == logged
