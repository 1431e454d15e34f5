"""Calendar and news of the modelled market: dated by the clock, and marked as modelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoint import Endpoint
from cg_client.endpoints import calendar, news
from tests.sandbox.modelled import DAY, NOW, ask, few, times

CALENDARS = [calendar.ECONOMIC_DATA, calendar.CENTRAL_BANK_ACTIVITIES, calendar.FINANCIAL_EVENTS]
LISTS = [(news.ARTICLES, "article"), (news.NEWSFLASHES, "newsflash")]
REACH = 15 * DAY


@pytest.mark.parametrize("endpoint", CALENDARS, ids=lambda endpoint: endpoint.path)
@given(now=times)
@few
def test_the_calendar_reaches_half_a_month_either_way(endpoint: Endpoint, now: int) -> None:
    rows = ask(endpoint, now, start_time=now - 90 * DAY, end_time=now + 90 * DAY)
    moments = [row["publish_timestamp"] for row in rows]
    assert moments == sorted(moments)
    assert rows
    assert all(abs(moment - now) <= REACH for moment in moments)
    assert {"modelled" in row["calendar_name"] for row in rows} == {True}
    assert rows == ask(endpoint, now)


@pytest.mark.parametrize("endpoint", CALENDARS, ids=lambda endpoint: endpoint.path)
@given(now=times, days=st.integers(0, 14))
@few
def test_a_window_is_a_part_of_the_calendar(endpoint: Endpoint, now: int, days: int) -> None:
    inside = [row for row in ask(endpoint, now) if now - days * DAY <= row["publish_timestamp"] <= now + 3 * DAY]
    assert ask(endpoint, now, start_time=now - days * DAY, end_time=now + 3 * DAY) == inside


@given(now=times)
@few
def test_a_figure_has_a_value_once_it_is_published(now: int) -> None:
    for row in ask(calendar.ECONOMIC_DATA, now):
        assert bool(row["published_value"]) == (row["publish_timestamp"] <= now)
        assert row["importance_level"] in (1, 2, 3)


def test_the_value_before_is_what_was_published_a_month_ago() -> None:
    earlier = {row["calendar_name"].partition(") (")[0]: row for row in ask(calendar.ECONOMIC_DATA, NOW - 30 * DAY)}
    before = {(name, row["country_code"]): row["published_value"] for name, row in earlier.items()}
    rows = [row for row in ask(calendar.ECONOMIC_DATA) if row["publish_timestamp"] > NOW + DAY]
    for row in rows:
        published = before.get((row["calendar_name"].partition(") (")[0], row["country_code"]))
        if published:
            assert row["previous_value"] == published


@pytest.mark.parametrize(("endpoint", "kind"), LISTS)
@given(now=times, page=st.integers(1, 4))
@few
def test_news_are_the_newest_and_marked(endpoint: Endpoint, kind: str, now: int, page: int) -> None:
    rows = ask(endpoint, now, page=page, per_page=10)
    moments = [row[f"{kind}_release_time"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert len(rows) == 10
    assert moments[0] <= now
    for row in rows:
        assert row[f"{kind}_title"].startswith("Modelled market")
        assert "not a market" in row[f"{kind}_content"]


@pytest.mark.parametrize(("endpoint", "kind"), LISTS)
@given(now=times)
@few
def test_news_stay_what_they_were(endpoint: Endpoint, kind: str, now: int) -> None:
    rows = ask(endpoint, now, page=1, per_page=10)
    first, last = rows[-1][f"{kind}_release_time"], rows[0][f"{kind}_release_time"]
    assert ask(endpoint, now + 2 * DAY, page=1, per_page=10, start_time=first, end_time=last) == rows
    assert ask(endpoint, now, page=1, per_page=10, start_time=first + 1, end_time=last - 1) == rows[1:-1]
