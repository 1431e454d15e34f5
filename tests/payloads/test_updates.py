"""What has changed between two answers, against a computation by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.intervals import Interval
from graph_types.enums import Truncation
from payloads.columns import Columns, Lists
from payloads.series import from_rows, timed_rows
from payloads.source import DataSource, Sourced
from payloads.updates import changed_part, digest, row_count
from schema.etf.series import ETFFlow, ETFFlows, TickerFlow
from schema.futures.funding_rate import CurrentFundingRates, ExchangeFundingRate
from schema.futures.market import PriceSeries
from tests.live.series import SOURCE, series

LATER = replace(SOURCE, fetched_at=SOURCE.fetched_at + timedelta(seconds=5))
FIGURES = st.none() | st.sampled_from([0.0, 1.0, 2.5])
CLOSES = st.dictionaries(st.integers(0, 8), FIGURES, max_size=7).map(lambda items: dict(sorted(items.items())))
NAMED = st.lists(st.tuples(st.sampled_from("ABCD"), FIGURES), max_size=5)
RATES = st.none() | st.lists(st.tuples(st.sampled_from("AB"), FIGURES), max_size=3)
FLOWS = st.dictionaries(st.integers(0, 5), NAMED, max_size=5).map(lambda items: dict(sorted(items.items())))


def expected(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Mapping[Any, Any] | None:
    """Return the rows that changed, by time; None if all have to be sent."""
    lost = [time for time in old if time not in new]
    if lost and (len(new) < len(old) or max(lost) > min(new)):
        return None
    return {time: row for time, row in new.items() if time not in old or old[time] != row}


def closes(payload: PriceSeries) -> dict[int, float | None]:
    return {candle.timestamp: candle.close for candle in payload.candles}


@settings(deadline=None)
@given(CLOSES, CLOSES)
def test_changes_of_a_series_are_the_points_that_are_new_or_differ(
    old: dict[int, float | None], new: dict[int, float | None]
) -> None:
    after = series(new)
    part, changed = changed_part(series(old), after), expected(old, new)
    if changed is None:
        assert part is after
    elif not changed:
        assert part is None
    else:
        assert part is not None
        assert closes(part) == changed
        times = list(changed)
        assert part.count == row_count(part) == len(times)
        assert part.latest is not None
        assert part.latest.timestamp == times[-1]
        assert part.from_ is not None
        assert part.from_.timestamp() * 1000 == pytest.approx(times[0])
        assert list(vars(part)["candles"].column("timestamp")) == times
        assert (part.interval, part.source.endpoint) == (after.interval, after.source.endpoint)


@settings(deadline=None)
@given(CLOSES)
def test_the_same_points_are_no_change_whenever_they_were_fetched(values: dict[int, float | None]) -> None:
    old, new = series(values), series(values)
    new.__dict__["source"] = LATER
    assert changed_part(old, new) is None


@pytest.mark.parametrize("values", [{"interval": Interval.H1}, {"truncated": Truncation.INCOMPLETE}])
def test_another_value_beside_the_rows_sends_all(values: dict[str, Any]) -> None:
    old, new = series({1: 1.0, 2: 2.0}), series({1: 1.0, 2: 3.0})
    new.__dict__.update(values)
    assert changed_part(old, new) is new


def flows(days: Mapping[int, Sequence[tuple[str, float | None]]]) -> ETFFlows:
    by_fund = [fund for funds in days.values() for fund in funds]
    funds: Columns[TickerFlow] = Columns(
        TickerFlow,
        {"ticker": [name for name, _ in by_fund], "flow_usd": [flow for _, flow in by_fund]},
        {},
        len(by_fund),
    )
    lists = Lists.of([len(funds) for funds in days.values()], funds)
    nothing: list[Any] = [None] * len(days)
    rows = timed_rows(ETFFlow, list(days), flow_usd=nothing, price_usd=nothing, by_ticker=lists)
    return from_rows(ETFFlows, rows, source=SOURCE)


@settings(deadline=None)
@given(FLOWS, FLOWS)
def test_rows_with_lists_in_them_are_compared_by_all_of_their_values(old: dict[int, Any], new: dict[int, Any]) -> None:
    after = flows(new)
    part, changed = changed_part(flows(old), after), expected(old, new)
    if changed is None:
        assert part is after
    elif not changed:
        assert part is None
    else:
        assert part is not None
        sent = {day.timestamp: [(fund.ticker, fund.flow_usd) for fund in day.by_ticker or ()] for day in part.points}
        assert sent == changed


@strawberry.type
class NamedRow(Sourced):
    symbol: str
    value: float | None


@strawberry.type
class NamedRows(Sourced):
    capped: bool
    coins: list[NamedRow]


@strawberry.type
class Nameless(Sourced):
    values: list["NamelessRow"]


@strawberry.type
class NamelessRow:
    price: float | None


def coins(rows: Sequence[tuple[str, float | None]], source: DataSource = SOURCE) -> NamedRows:
    return NamedRows(
        source=source, capped=False, coins=[NamedRow(source=source, symbol=name, value=it) for name, it in rows]
    )


@settings(deadline=None)
@given(NAMED, NAMED)
def test_changes_of_a_list_are_the_rows_that_are_new_or_differ(old: list[Any], new: list[Any]) -> None:
    before, after = dict(old), dict(new)
    has_names = len(before) == len(old) and len(after) == len(new)
    payload = coins(new, LATER)
    part = changed_part(coins(old), payload)
    if not has_names or before.keys() - after.keys():
        assert part is (None if old == new else payload)
    else:
        changed = [(name, value) for name, value in new if name not in before or before[name] != value]
        sent = [] if part is None else [(row.symbol, row.value) for row in part.coins]
        assert sent == changed
        assert part is not payload or changed == new == [] or len(changed) == len(new)


@settings(deadline=None)
@given(st.lists(FIGURES, max_size=3), st.lists(FIGURES, max_size=3))
def test_rows_without_names_are_sent_as_a_whole(old: list[Any], new: list[Any]) -> None:
    def levels(values: list[Any]) -> Nameless:
        return Nameless(source=SOURCE, values=[NamelessRow(price=value) for value in values])

    payload = levels(new)
    assert changed_part(levels(old), payload) is (None if old == new else payload)


@settings(deadline=None)
@given(st.tuples(RATES, RATES), st.tuples(RATES, RATES))
def test_a_payload_of_two_lists_is_sent_as_a_whole(before: tuple[Any, Any], after: tuple[Any, Any]) -> None:
    def rates(values: Sequence[tuple[str, float | None]] | None) -> list[ExchangeFundingRate] | None:
        if values is None:
            return None
        blank: dict[str, Any] = dict.fromkeys(ExchangeFundingRate.__annotations__)
        rows = [blank | {"exchange": name, "funding_rate": rate} for name, rate in values]
        return [ExchangeFundingRate(**row) for row in rows]

    def payload(
        stablecoin: Sequence[tuple[str, float | None]] | None, coin: Sequence[tuple[str, float | None]] | None
    ) -> CurrentFundingRates:
        return CurrentFundingRates(
            source=SOURCE, symbol="BTC", stablecoin_margined=rates(stablecoin), coin_margined=rates(coin)
        )

    new = payload(*after)
    assert changed_part(payload(*before), new) is (None if before == after else new)
    assert row_count(new) == 1


def test_a_day_to_come_is_not_the_latest_of_the_changes() -> None:
    def days(*figures: float) -> ETFFlows:
        times = list(range(len(figures)))
        rows = timed_rows(
            ETFFlow, times, flow_usd=list(figures), price_usd=list(figures), by_ticker=[None] * len(times)
        )
        return ETFFlows.of_rows(SOURCE, rows, now=0.002)

    part = changed_part(days(0.0, 1.0, 2.0, 3.0), days(0.0, 1.5, 2.5, 3.5))
    assert part is not None
    assert part.latest is not None
    assert part.latest.timestamp == 2
    only_to_come = changed_part(days(0.0, 1.0, 2.0, 3.0), days(0.0, 1.0, 2.0, 3.5))
    assert only_to_come is not None
    assert only_to_come.latest is None


@settings(deadline=None)
@given(CLOSES, CLOSES)
def test_series_have_the_same_digest_if_all_points_are_equal(
    old: dict[int, float | None], new: dict[int, float | None]
) -> None:
    assert (digest(series(old)) == digest(series(new))) is (old == new)


@settings(deadline=None)
@given(FLOWS, FLOWS)
def test_rows_with_lists_in_them_have_the_same_digest_if_all_values_are_equal(
    old: dict[int, Any], new: dict[int, Any]
) -> None:
    assert (digest(flows(old)) == digest(flows(new))) is (old == new)


@settings(deadline=None)
@given(NAMED, NAMED)
def test_lists_have_the_same_digest_whenever_they_were_fetched(old: list[Any], new: list[Any]) -> None:
    assert (digest(coins(old)) == digest(coins(new, LATER))) is (old == new)


@pytest.mark.parametrize("values", [{"interval": Interval.H1}, {"truncated": Truncation.INCOMPLETE}])
def test_another_value_beside_the_rows_has_another_digest(values: dict[str, Any]) -> None:
    other = series({1: 1.0})
    other.__dict__.update(values)
    assert digest(series({1: 1.0})) != digest(other)


def test_integers_of_any_size_have_a_digest() -> None:
    assert digest(series({1: 2**70})) == digest(series({1: 2**70})) != digest(series({1: 2**70 + 1}))
