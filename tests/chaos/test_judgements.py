"""The verdict of each scenario: it does not hold if a bound is breached."""

from collections.abc import Iterator

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from cg_client.intervals import Interval
from chaos import crowd, cut_quota, every_fault, hanging, memory, share, stop
from chaos.connection import CallerConnection, CallerReply
from chaos.outcomes import Answered, Outcome, faults
from chaos.parts import closed, document, mix
from chaos.rig import free_port
from chaos.verdict import Verdict, as_table
from sandbox.faults import FaultKind
from sandbox.samples import sample
from tests.running import running

OK = CallerReply(200, b"{}", 0.1)


def data(part: str, *, stale: bool = False) -> Answered:
    return Answered(OK, [Outcome(part, None, {}, stale=stale)])


def problem(part: str, code: str) -> Answered:
    return Answered(OK, [Outcome(part, code)])


def test_a_hang_passes_if_seen_parts_are_stale_and_others_typed() -> None:
    def holds(*answers: Answered, back: float | None = 1.0) -> bool:
        return hanging._verdict(list(answers), [], back).holds

    stale, typed = data("seen", stale=True), problem("unseen1", "TIMEOUT")
    assert holds(stale, typed)
    assert not holds(data("seen"), typed)
    assert not holds(problem("seen", "TIMEOUT"), typed)
    assert not holds(stale, problem("unseen1", "UPSTREAM_ERROR"))
    assert not holds(stale, typed, back=6.0)
    assert not holds(stale, typed, back=None)


def test_a_fault_passes_if_nothing_is_breached_and_every_part_recovers() -> None:
    def holds(breaches: list[str], back: float | None) -> bool:
        return every_fault._verdict(FaultKind.RESET, [every_fault.Cell(0.5, [data("a")], breaches, back)]).holds

    assert holds([], 0.1)
    assert not holds(["a wrong value"], 0.1)
    assert not holds([], None)
    assert not holds([], 5.1)


def test_memory_growth_from_faults_is_bounded() -> None:
    before, bound = 2**30, int(every_fault.MAX_GROWTH) * 2**20
    assert every_fault._memory(before, before + bound, before + 4 * bound).holds
    assert not every_fault._memory(before, before + bound + 1, before + bound + 1).holds


def test_a_cut_quota_is_respected_except_by_requests_in_flight() -> None:
    def holds(refused: int, later: int) -> bool:
        return cut_quota._verdict([data("a")], refused, 0, later).holds

    assert holds(cut_quota.CALLERS, cut_quota.AFTER)
    assert not holds(cut_quota.CALLERS + 1, cut_quota.AFTER)
    assert not holds(0, cut_quota.AFTER + 1)
    assert not holds(0, 0)


def test_a_share_is_left_if_every_series_is_data_in_time_and_coinglass_refuses_nothing() -> None:
    late = Answered(CallerReply(200, b"{}", share.DEADLINE + 1), [Outcome("a", None, {})])
    assert share._verdict([data("a"), data("b")], refused=0).holds
    assert not share._verdict([data("a"), problem("b", "QUOTA_EXHAUSTED")], refused=0).holds
    assert not share._verdict([data("a"), late], refused=0).holds
    assert not share._verdict([data("a")], refused=1).holds
    assert not share._verdict([], refused=0).holds


def test_a_stop_is_clean_if_nothing_is_cut_and_the_exit_code_is_zero() -> None:
    refused, cut = (
        Answered(CallerReply(0, stated, 0.1), []) for stated in (b"refused: OSError", b"cut: IncompleteReadError")
    )
    assert stop._verdict([data("a"), refused], 0, 1.0, "").holds
    assert not stop._verdict([data("a"), cut], 0, 1.0, "").holds
    assert not stop._verdict([data("a")], -15, 1.0, "").holds
    assert not stop._verdict([data("a")], 0, 1.0, "Traceback").holds
    assert not stop._verdict([refused], 0, 1.0, "").holds


@pytest.mark.parametrize(("last", "holds"), [(100, True), (119, True), (121, False), (79, False)])
def test_memory_is_compared_with_its_plateau(last: float, holds: bool) -> None:
    read = [50.0] * 10 + [100.0] * 15 + [last] * 5
    assert memory.plateau(read) == 100
    assert memory._verdict(read, [data("a")], 60).holds == holds


def test_missing_and_wrong_bars_are_reported() -> None:
    rows, step = sample(crowd.PATH)["data"], Interval.H1.milliseconds

    def untrue(times: list[int], shift: int = 0) -> list[str]:
        closes = [float(rows[(at // step + shift) % len(rows)]["close"]) for at in times]
        columns = {"timestamp": times, "close": closes}
        return crowd._untrue([Answered(OK, [Outcome("a", None, {"columns": columns})])])

    assert untrue([step, 2 * step, 3 * step]) == []
    assert untrue([step, 3 * step]) == ["a has bars missing or double"]
    assert untrue([step, 2 * step], shift=1) == ["a has figures of other bars"]


def test_forty_series_in_two_hundred_windows_are_requested() -> None:
    windows = crowd.windows(1_795_000_000_000 // crowd._STEP * crowd._STEP)
    assert len({item.text for item in windows}) == 200
    assert len({item.text.split("{")[0] for item in windows}) == 40


def test_each_number_requests_different_series() -> None:
    texts = [item.text for number in range(200) for item in mix(number) if item.name.startswith("price")]
    assert len(set(texts)) == len(texts)


def test_a_window_of_closed_bars_ends_before_the_open_one() -> None:
    assert (
        closed(Interval.H4, 2, 1_795_000_000)
        == 'interval: H4, from: "2026-11-17T16:00:00Z", to: "2026-11-17T20:00:00Z"'
    )


def test_the_table_names_what_does_not_hold() -> None:
    table = as_table([Verdict("a", "b", "c", holds=True), Verdict("d", "e", "f", holds=False)])
    assert table.splitlines()[2:] == ["| a | b | c | yes |", "| d | e | f | **no** |"]


@pytest.fixture
def echo() -> Iterator[str]:
    """Answers with the client's address and body; breaks off in the middle where the body says so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        stated = dict(scope["headers"])[b"x-forwarded-for"] + b" " + body
        length = str(len(stated)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        if b"cut" in body:
            await send({"type": "http.response.body", "body": stated[:3], "more_body": True})
            return
        await send({"type": "http.response.body", "body": stated})

    with running(app) as address:
        yield address


async def test_a_caller_is_answered_over_one_connection(echo: str) -> None:
    caller = CallerConnection(echo, "10.0.0.1")
    assert [(await caller.ask(body)).body for body in (b"one", b"two")] == [b"10.0.0.1 one", b"10.0.0.1 two"]
    caller.close()


async def test_an_answer_that_does_not_end_is_cut_and_the_next_has_a_new_connection(echo: str) -> None:
    caller = CallerConnection(echo, "10.0.0.1")
    broken = await caller.ask(b"cut this one")
    assert (broken.status, broken.cut) == (0, True)
    assert (await caller.ask(b"whole")).status == 200
    caller.close()


async def test_a_request_to_a_closed_port_is_refused() -> None:
    caller = CallerConnection(f"http://127.0.0.1:{free_port()}")
    refused = await caller.ask(b"{}")
    assert (refused.status, refused.cut) == (0, False)


def test_a_document_requests_each_part_under_its_name() -> None:
    query = orjson.loads(document(mix(0)[:2]))["query"]
    assert query.startswith("{ price0: pair(")
    assert " funding0: pair(" in query


def test_a_null_instead_of_a_value_is_true_only_if_the_answer_names_an_anomaly() -> None:
    expected = {"it": {"rows": [{"a": 1.0}, {"a": 2.0}]}}

    def breaches(value: object, *, has_anomalies: bool) -> list[str]:
        outcome = Outcome("it", None, value, has_anomalies=has_anomalies)
        return list(faults([Answered(OK, [outcome])], 1.0, expected))

    null, other = {"rows": [{"a": 1.0}, {"a": None}]}, {"rows": [{"a": 1.0}, {"a": 3.0}]}
    assert breaches(expected["it"], has_anomalies=False) == []
    assert breaches(null, has_anomalies=True) == []
    assert breaches(null, has_anomalies=False)
    assert breaches(other, has_anomalies=True)
    assert breaches({"rows": [{"a": 1.0}]}, has_anomalies=True)
