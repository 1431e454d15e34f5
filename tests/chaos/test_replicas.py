"""The judgements on replicas can fail: on values, times, sharing, quota and what a kill may cut off."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from cg_client.intervals import Interval
from chaos import __main__ as suite
from chaos import shared_cold, two_fleets
from chaos.connection import CallerReply
from chaos.crowd import whole, windows
from chaos.fleet_traffic import CheckedMix, FleetTraffic
from chaos.outcomes import Answered, Outcome
from chaos.parts import on_pair, price
from chaos.replicas import ReplicaProcess, SpreadCaller, StoreLink
from chaos.rig import free_port
from chaos.truth import ENDPOINT, CheckedSeries, closed_window
from chaos.upstream_log import calls_for, most_in_a_minute, sent_again
from tests.running import running

OK = CallerReply(200, b"{}", 0.1)
LATE = CallerReply(200, b"{}", two_fleets.DEADLINE + 0.6)
BITCOIN = CheckedSeries("MEXC", "BTC", Interval.H4)
NOW = 1_795_000_000.0


def call(at: float = 0.0, series: CheckedSeries = BITCOIN, **query: str) -> dict[str, Any]:
    names = {"exchange": series.exchange, "symbol": series.code, "interval": series.interval.value}
    return {"at": at, "path": ENDPOINT.path, "query": names | query}


def calls(*times: float) -> list[dict[str, Any]]:
    return [call(at) for at in times]


def flow(*answers: Answered) -> FleetTraffic:
    return FleetTraffic(CheckedMix(with_lists=False), [*answers])


def data(reply: CallerReply = OK, part: str = "a", value: object = None) -> Answered:
    return Answered(reply, [Outcome(part, None, value)])


def problem(code: str) -> Answered:
    return Answered(OK, [Outcome("a", code)])


def test_any_minute_counts_wherever_it_begins() -> None:
    assert most_in_a_minute([]) == 0
    assert most_in_a_minute(calls(50.0, 59.0, 61.0, 109.9)) == 4
    assert most_in_a_minute(calls(0.0, 60.0, 120.0)) == 1
    assert most_in_a_minute(calls(61.0, 0.0, 59.0)) == 2


def test_a_call_is_sent_again_only_if_all_its_parameters_are_the_same() -> None:
    assert (
        sent_again([call(limit="1"), call(limit="2"), call(limit="1", series=CheckedSeries("OKX", "BTC", Interval.H4))])
        == 0
    )
    assert sent_again([call(limit="1"), call(limit="2"), call(5.0, limit="1")]) == 1
    assert sent_again([{"at": 0.0, "path": "/api/other", "query": {}}] * 2) == 0


def test_calls_are_counted_by_series() -> None:
    others = (
        CheckedSeries("MEXC", "BTC", Interval.H6),
        CheckedSeries("OKX", "BTC", Interval.H4),
        CheckedSeries("MEXC", "ETH", Interval.H4),
    )
    assert calls_for([call(), call(limit="1"), *(call(series=series) for series in others)], BITCOIN) == 2
    assert calls_for([{"at": 0.0, "path": "/api/other", "query": call()["query"]}], BITCOIN) == 0


def test_replicas_pass_if_every_part_is_data_in_time_and_they_share_soon_after() -> None:
    def holds(
        *answers: Answered, before: float | None = 0.1, back: float | None = 1.0, problems: tuple[str, ...] = ()
    ) -> bool:
        return two_fleets.answers_verdict("it", flow(*answers), (before, back), problems).holds

    assert holds(data(), data())
    assert not holds()
    assert not holds(data(), problem("TIMEOUT"))
    assert not holds(data(LATE))
    assert not holds(data(CallerReply(503, b"", 0.1)))
    assert not holds(data(CallerReply(0, b"cut: EOFError", 0.1)))
    assert not holds(data(), back=None)
    assert not holds(data(), back=5.1)
    assert not holds(data(), before=None)
    assert not holds(data(), problems=("replica 1 ended",))


def test_a_value_of_another_coin_is_wrong() -> None:
    mine, other = (closed_window(CheckedSeries("Binance", coin, Interval.H4), 60) for coin in ("BTC", "ETH"))
    traffic = flow(data(OK, mine.part.name, mine.value()))
    assert two_fleets.breaches_of(traffic) == []
    traffic.answers.append(data(OK, mine.part.name, other.value()))
    assert len(two_fleets.breaches_of(traffic)) == 1


def test_data_that_was_too_old_when_it_was_requested_is_a_breach() -> None:
    def breaches(age: float, seconds: float) -> int:
        part = Outcome("takers0", None, {}, age=age, lifetime=2.0)
        return len(two_fleets.breaches_of(flow(Answered(CallerReply(200, b"{}", seconds), [part]))))

    assert breaches(3.0, seconds=0.0) == 0
    assert breaches(5.0, seconds=2.0) == 0
    assert breaches(5.0, seconds=0.5) == 1


def test_the_quota_passes_if_it_was_used_and_not_exceeded() -> None:
    def holds(count: int, *answers: Answered, back: float | None = 1.0, is_new: bool = False) -> bool:
        requests = calls(*(number / 10 for number in range(count)))
        return two_fleets.quota_verdict("it", flow(*answers), requests, back, is_new=is_new).holds

    refused = problem("QUOTA_EXHAUSTED")
    assert holds(two_fleets.LIMIT, data(), refused)
    assert not holds(two_fleets.LIMIT + 1, data(), refused)
    assert not holds(two_fleets.LIMIT // 2 - 1, data(), refused)
    assert not holds(two_fleets.LIMIT, refused)
    assert not holds(two_fleets.LIMIT, data(), problem("INTERNAL_SERVER_ERROR"))
    assert not holds(two_fleets.LIMIT, data(LATE))
    assert not holds(two_fleets.LIMIT, data(), back=None)
    assert not holds(two_fleets.LIMIT, data(), back=5.1)
    assert holds(two_fleets.LIMIT, data(), back=None, is_new=True)


def test_cold_series_pass_if_each_is_fetched_once() -> None:
    def holds(count: int, max_calls: int, *answers: Answered, wrong: tuple[str, ...] = ()) -> bool:
        return shared_cold.cold_verdict("it", answers, count, max_calls, wrong, 1.0).holds

    assert holds(40, 40, data())
    assert holds(60, 60, data())
    assert not holds(39, 40, data())
    assert not holds(41, 40, data())
    assert not holds(40, 40, problem("TIMEOUT"))
    assert not holds(40, 40)
    assert not holds(40, 40, data(), wrong=("other bars",))


def test_missing_and_wrong_bars_of_a_cold_series_are_reported() -> None:
    part, step = whole(0), Interval.H1.milliseconds
    closes = {number * step: float(number) for number in range(499)}

    def untrue(count: int, **changed: float) -> list[str]:
        figures = {number: float(number) for number in range(count)} | {
            int(at[1:]): close for at, close in changed.items()
        }
        columns = {"timestamp": [number * step for number in figures], "close": [*figures.values()]}
        return [*shared_cold.untrue([Outcome("a", None, {"columns": columns})], part, closes)]

    assert untrue(500) == []
    assert untrue(500, _499=1.0) == []  # the open bar
    assert untrue(500, _498=1.0) == ["a has figures of other bars"]
    assert untrue(499) == ["a has 499 bars instead of 500, or others"]


def test_the_bars_of_every_overlapping_window_are_counted() -> None:
    now = 1_795_000_000_000 // shared_cold._STEP * shared_cold._STEP
    counts = [shared_cold.bars(part) for part in windows(now)[:5]]
    assert counts == [1, 101, 998, 500, 291]
    assert shared_cold.bars(on_pair("a", "OKX", "BTC", price("interval: H1, last: 7"))) == 7


def test_the_true_values_are_those_of_closed_bars_of_the_series_alone() -> None:
    window = closed_window(BITCOIN, 3, NOW)
    columns = window.value()["columns"]
    step = Interval.H4.milliseconds
    assert columns["timestamp"] == [window.last - 2 * step, window.last - step, window.last]
    assert window.last + step <= NOW * 1000
    assert closed_window(CheckedSeries("MEXC", "ETH", Interval.H4), 3, NOW).value()["columns"] != columns
    assert closed_window(CheckedSeries("OKX", "BTC", Interval.H4), 3, NOW).value()["columns"] != columns


def test_a_group_of_scenarios_is_named_by_what_stands_before_the_hyphen() -> None:
    assert suite.matching("hang") == ["hang"]
    assert "replicas-cold" in suite.matching("replicas")
    assert suite.matching("replica") == []


class _Replica(ReplicaProcess):
    """A replica at an address, which may have been killed."""

    def __init__(self, address: str) -> None:
        super().__init__("it", StoreLink("127.0.0.1:1"), {}, 0)
        self._address, self.killed = address, False

    @property
    def url(self) -> str:
        return self._address

    @property
    def is_up(self) -> bool:
        return True

    def was_killed_since(self, at: float) -> bool:
        return self.killed and at <= time.monotonic()


@pytest.fixture
def healthy() -> Iterator[_Replica]:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    with running(app) as address:
        yield _Replica(address)


@pytest.fixture
def gone() -> _Replica:
    return _Replica(f"http://127.0.0.1:{free_port()}")


async def test_a_request_that_a_kill_cut_off_is_sent_to_another_replica(gone: _Replica, healthy: _Replica) -> None:
    gone.killed = True
    with contextlib.closing(SpreadCaller([gone, healthy], "", 0)) as caller:
        answer = await caller.ask([])
    assert (answer.reply.status, caller.repeats) == (200, 1)


async def test_a_request_that_is_cut_off_without_a_kill_has_no_answer(gone: _Replica, healthy: _Replica) -> None:
    with contextlib.closing(SpreadCaller([gone, healthy], "", 0)) as caller:
        answers = [await caller.ask([]) for _ in range(2)]
    assert ([answer.reply.status for answer in answers], caller.repeats) == ([0, 200], 0)
