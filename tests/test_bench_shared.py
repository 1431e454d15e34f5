"""What the benchmarks of replicas make of what they read."""

from collections import Counter

import pytest
from graphql import build_schema, validate
from graphql import parse as parsed

from bench.live import take_over
from bench.live.channels import CHANNELS, BenchChannel
from bench.live.chunks import Break, parse
from bench.live.client_process import Breaks, SeriesSeen
from bench.processes import BenchError
from bench.scenarios import BoundResult, Finding
from bench.shared import cold_answers, first_answers, report
from bench.shared.first_answers import FirstAnswers
from bench.shared.past_windows import past_windows
from bench.shared.report import SharedResults
from bench.shared.stored_series import StoredSeries
from tests.test_imports import ROOT

SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text())
MISSED = (Break(10, 14),)
AGAIN = (Break(10, 14), Break(20, 18))


def frame(*numbers: int, cursor: str = "") -> bytes:
    rows = ",".join(f'{{"price":{number}.0,"usd":1}}' for number in numbers)
    text = f'{{"cursor":"{cursor}","rows":[{rows}]}}'.encode()
    return bytes((0x81, 126)) + len(text).to_bytes(2) + text


def test_a_chunk_says_where_numbers_are_missing_or_come_again() -> None:
    chunk = parse(frame(7, 8, cursor="first") + frame(11, 12, 10, cursor="last"))
    assert (chunk.first, chunk.after, chunk.cursor) == (7, 11, b"last")
    assert chunk.breaks == [(9, 11), (13, 10)]
    assert not chunk.is_regular


def seen(steady: list[Breaks], moved: list[Breaks]) -> SeriesSeen:
    """Return the same clients of each channel."""
    return SeriesSeen([Counter([*steady, *moved]) for _ in CHANNELS], [Counter(moved) for _ in CHANNELS])


@pytest.mark.parametrize(
    ("steady", "moved", "different", "doubled", "missing"),
    [
        ([MISSED, MISSED], [MISSED], 0, 0, 4),
        ([MISSED, MISSED], [()], 1, 0, 4),
        ([MISSED, ()], [MISSED], 1, 0, 4),
        ([MISSED, MISSED], [AGAIN], 1, 1, 4),
        ([()], [()], 0, 0, 0),
    ],
)
def test_each_series_is_compared_with_that_of_a_client_that_never_moved(
    steady: list[Breaks], moved: list[Breaks], different: int, doubled: int, missing: int
) -> None:
    series = seen(steady, moved)
    channels = len(CHANNELS)
    assert take_over._different(series) == different * channels
    assert take_over._doubled(series) == doubled * channels
    assert take_over._missing(series) == missing * channels


def test_without_a_client_that_never_moved_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(BenchError, match="lost their connection"):
        take_over._different(seen([], [MISSED]))


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_subscribers_can_go_on_after_a_cursor(channel: BenchChannel) -> None:
    assert "after: $after" in channel.resumable
    assert validate(SCHEMA, parsed(channel.resumable)) == []


def test_windows_of_the_past_are_one_page_each_and_valid() -> None:
    bodies = past_windows("Q2").bodies
    assert len({*bodies}) == len(bodies) > first_answers._FIRST


def results(value: float) -> SharedResults:
    hits = [BoundResult("shared: memory hits", "at most 5%", {32: Finding("+1%", holds=True)})]
    first = FirstAnswers(first=value, memory=1.0, again=0.9, series=3, value=100, index=90.0)
    spent = {"store": 1.0, "process": 100.0, "elapsed": 3.0}
    series = [StoredSeries("price", 1_000, 1, 5_000, 900, 1_000)]
    return SharedResults(
        hits, cold_answers.verdict(0.7, 0.9), first, series, {"transfer": spent, "quota": {"store": 2.0}}
    )


def test_the_first_answer_may_take_half_as_much_again_and_the_transfer() -> None:
    assert [results(value).verdicts[-1].holds for value in (1.59, 1.61)] == ["yes", "no"]


def test_an_answer_of_the_second_tier_has_to_take_less_than_one_that_is_fetched() -> None:
    assert [cold_answers.verdict(0.8, fetched).holds for fetched in (0.9, 0.8)] == ["yes", "no"]


def test_the_section_takes_the_place_of_the_former_one() -> None:
    document = "# Results\n\nText.\n"
    once = report.replaced(document, results(1.0))
    assert once.startswith(document)
    assert report.replaced(once, results(1.0)) == once
    between = once + "\n## Growth\n\nMore.\n"
    assert report.replaced(between, results(1.0)) == between
    assert "1.90" in report.replaced(between, results(2.0))
