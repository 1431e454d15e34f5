"""What comes again after a reconnect is dropped once each, and nothing else."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from cg_client.live.events import ChannelEvent, TradeEvent
from cg_client.live.overlap import MAX_EVENTS, MEMORY_SECONDS, WINDOW_SECONDS, Overlap


def trade(time: int, price: float = 1.0) -> ChannelEvent:
    return TradeEvent(exchange="Binance", symbol="BTCUSDT", price=price, side=1, value_usd=1.0, time_ms=time)


A, B, C = trade(1), trade(2), trade(3)


def test_equal_events_of_one_connection_are_genuine() -> None:
    overlap = Overlap()
    assert overlap.new([A, A], 0) == [A, A]
    assert overlap.new([A], 1) == [A]


def test_a_repeated_event_is_dropped_as_often_as_it_came() -> None:
    overlap = Overlap()
    overlap.new([A, A, B], 0)
    overlap.cut(1)
    overlap.resume(2)
    assert overlap.new([A], 2) == []
    assert overlap.new([A, B, A, B, C], 3) == [A, B, C]


def test_events_are_recognized_for_a_while_only() -> None:
    overlap = Overlap()
    overlap.new([A], 0)
    overlap.new([B], 1)
    overlap.cut(MEMORY_SECONDS + 1)
    overlap.resume(500)
    assert overlap.new([A, B], 500 + WINDOW_SECONDS) == [A]
    overlap.cut(520)
    overlap.resume(521)
    assert overlap.new([A], 521 + WINDOW_SECONDS + 0.1) == [A]


def test_what_comes_again_and_again_is_recognized_again_and_again() -> None:
    overlap = Overlap()
    overlap.new([A], 0)
    for turn in range(1, 10):
        overlap.cut(turn * 50)
        overlap.resume(turn * 50 + 1)
        assert overlap.new([A], turn * 50 + 2) == []


def test_memory_is_bounded_and_ends() -> None:
    overlap = Overlap()
    overlap.new([trade(number) for number in range(MAX_EVENTS + 100)], 0)
    assert len(overlap._log) == len(overlap._times) == MAX_EVENTS
    overlap.new([A], MEMORY_SECONDS + 1)
    assert len(overlap._log) == len(overlap._times) == 1


# A market in the order of its times, in which equal events and equal times occur. A cut comes after some events; by the
# reconnect further ones have happened, and CoinGlass sends again what happened from some time on.
MARKETS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), max_size=40).map(
    lambda steps: [trade(sum(step for step, _ in steps[: index + 1]), price) for index, (_, price) in enumerate(steps)]
)
CUTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 12)), max_size=4)


def in_batches(events: Sequence[ChannelEvent], size: int) -> list[Sequence[ChannelEvent]]:
    return [events[start : start + size] for start in range(0, len(events), size)]


@given(MARKETS, CUTS, st.integers(1, 5))
def test_cuts_change_nothing_if_coinglass_sends_again_what_was_missed(
    market: list[ChannelEvent], cuts: list[tuple[int, int, int]], size: int
) -> None:
    overlap, now, delivered, sent = Overlap(), 0.0, list[ChannelEvent](), 0
    for index, missed, back in sorted(cuts):
        for batch in in_batches(market[sent : max(sent, index)], size):
            delivered += overlap.new(batch, now)
            now += 0.1
        sent = max(sent, min(index, len(market)))
        overlap.cut(now)
        now += 1
        overlap.resume(now)
        begin = _first_of_its_time(market, max(0, sent - back))
        end = min(len(market), sent + missed)
        for batch in in_batches(market[begin:end], size):
            delivered += overlap.new(batch, now)
            now += 0.01
        sent = end
    for batch in in_batches(market[sent:], size):
        delivered += overlap.new(batch, now)
    assert Counter(delivered) == Counter(market)
    assert delivered == sorted(delivered, key=lambda event: event.time_ms)  # type: ignore[union-attr]  # trades


def _first_of_its_time(market: Sequence[ChannelEvent], index: int) -> int:
    """Return the first of the events with the time of this one: CoinGlass goes back to a time."""
    times = [event.time_ms for event in market if isinstance(event, TradeEvent)]
    return times.index(times[index]) if index < len(times) else len(times)
