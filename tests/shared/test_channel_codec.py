"""Channels and what happens on them come out of the store as they went in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.decoding.anomalies import AnomalyKind, DecodingAnomaly
from cg_client.errors import (
    BadArgument,
    CoinglassError,
    GateSource,
    InvalidRequest,
    PlanRequired,
    RateLimited,
    StreamSilent,
    Unauthorized,
    UnavailableReason,
    UnknownName,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.events import ChannelEvent, EventBatch, LiquidationEvent, TickerEvent, TradeEvent
from cg_client.live.notes import (
    ChannelConnected,
    ChannelInterrupted,
    ChannelNote,
    ChannelRefused,
    ChannelResumed,
    EventsReceived,
)
from cg_client.plans.plan_table import Plan
from shared.streams.channel_codec import decode_channels, decode_note, encode_channels, encode_note

CHANNELS = [
    Channel(ChannelKind.LIQUIDATION_ORDERS),
    Channel(ChannelKind.FUTURES_TRADES, "Binance", "BTCUSDT", 1000),
    Channel(ChannelKind.SPOT_TRADES, "Coinbase", "BTC-USD", 0),
    Channel(ChannelKind.FUTURES_TICKER, "OKX", "BTC-USDT-SWAP"),
]
NOW = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
_values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
_orders = {
    "exchange": st.text(max_size=5),
    "symbol": st.text(max_size=5),
    "base_asset": st.none() | st.text(max_size=5),
    "price": _values,
    "side": st.sampled_from([None, 1, 2]),
    "value_usd": _values,
    "time_ms": st.integers(0, 2**45),
}
_events: dict[ChannelKind, st.SearchStrategy[ChannelEvent]] = {
    ChannelKind.LIQUIDATION_ORDERS: st.builds(LiquidationEvent, **_orders),
    ChannelKind.FUTURES_TRADES: st.builds(TradeEvent, **_orders),
    ChannelKind.SPOT_TRADES: st.builds(TradeEvent, **_orders),
    ChannelKind.FUTURES_TICKER: st.builds(TickerEvent),
}
_anomalies = st.builds(
    DecodingAnomaly,
    kind=st.sampled_from(AnomalyKind),
    field=st.text(max_size=5),
    count=st.integers(1, 9),
    sample=st.none() | st.text(max_size=5),
)


def stored(note: ChannelNote, channel: Channel = CHANNELS[0], at: datetime = NOW) -> ChannelNote:
    return decode_note(encode_note(note, NOW), channel, at)


@given(st.data(), st.sampled_from(CHANNELS), st.booleans())
def test_events(data: st.DataObject, channel: Channel, sandbox: bool) -> None:  # of hypothesis
    batch = EventBatch(
        channel=channel,
        events=data.draw(st.lists(_events[channel.kind], max_size=3)),
        received_at=NOW,
        anomalies=tuple(data.draw(st.lists(_anomalies, max_size=2))),
        sandbox=sandbox,
    )
    assert stored(EventsReceived(batch), channel) == EventsReceived(batch)


def test_channels() -> None:
    assert decode_channels(encode_channels(CHANNELS)) == CHANNELS


def test_a_gap_is_told_by_the_clock_of_the_reader() -> None:
    gap = ChannelResumed(NOW - timedelta(seconds=7), 5.0)
    later = NOW + timedelta(hours=3)
    assert stored(gap, at=later) == ChannelResumed(later - timedelta(seconds=7), 5.0)
    assert stored(ChannelConnected()) == ChannelConnected()


@pytest.mark.parametrize(
    "failure",
    [
        PlanRequired("No.", required=Plan.STANDARD, current=None, decided_by=GateSource.UPSTREAM),
        PlanRequired("No.", required=Plan.STANDARD, current=Plan.HOBBYIST, decided_by=GateSource.CATALOGUE),
        Unauthorized("CoinGlass does not accept the key."),
        RateLimited("Too many.", 7.5),
        StreamSilent(),
        UpstreamRejected("Bad parameters."),
        UpstreamTimeout("No answer."),
        UpstreamUnavailable("Broke.", reason=UnavailableReason.CONNECTION_LOST),
        UnknownName("No such channel.", ["BTCUSDT"], "symbol"),
        BadArgument("No.", "minUsd"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_failures(failure: CoinglassError | InvalidRequest) -> None:
    failure.endpoint = "/ws-api/liquidationOrders"
    if isinstance(failure, InvalidRequest):
        note = stored(ChannelRefused(failure))
        assert isinstance(note, ChannelRefused)
    else:
        note = stored(ChannelInterrupted(failure))
        assert isinstance(note, ChannelInterrupted)
    assert type(note.failure) is type(failure)
    assert str(note.failure) == str(failure)
    assert vars(note.failure) == vars(failure)
