"""Channels are named as CoinGlass documents them, and no two of them alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.errors import BadArgument
from cg_client.live.channels import Channel, ChannelKind
from cg_client.plans.plan_table import Plan

TRADES = (ChannelKind.FUTURES_TRADES, ChannelKind.SPOT_TRADES)


def test_names_are_the_documented_ones() -> None:
    assert Channel(ChannelKind.LIQUIDATION_ORDERS).names == ["liquidationOrders", "liquidation_orders"]
    assert Channel(ChannelKind.FUTURES_TRADES, "Binance", "BTCUSDT", 10000).names == [
        "futures_trades@Binance_BTCUSDT@10000"
    ]
    assert Channel(ChannelKind.SPOT_TRADES, "OKX", "BTC-USDT", 0).names == ["spot_trades@OKX_BTC-USDT@0"]
    assert Channel(ChannelKind.FUTURES_TICKER, "Binance", "BTCUSDT").names == ["futures_ticker@Binance_BTCUSDT"]


@pytest.mark.parametrize("kind", ChannelKind)
def test_every_kind_needs_the_standard_plan(kind: ChannelKind) -> None:
    assert kind.plan is Plan.STANDARD
    assert kind.summary.endswith(".")
    assert kind.endpoint.path == f"/ws-api/{kind.templates[0].partition('@')[0]}"


@pytest.mark.parametrize("name", ["", " ", "A@B", "A\nB", "\x00", " A", "A "])
@pytest.mark.parametrize("argument", ["exchange", "symbol"])
def test_what_cannot_be_part_of_a_name_is_refused(name: str, argument: str) -> None:
    pair = {"exchange": "Binance", "symbol": "BTCUSDT"} | {argument: name}
    with pytest.raises(BadArgument) as refusal:
        Channel(ChannelKind.FUTURES_TICKER, pair["exchange"], pair["symbol"])
    assert refusal.value.argument == argument


def test_a_value_is_not_negative() -> None:
    with pytest.raises(BadArgument) as refusal:
        Channel(ChannelKind.SPOT_TRADES, "Binance", "BTCUSDT", -1)
    assert refusal.value.argument == "minUsd"


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (ChannelKind.LIQUIDATION_ORDERS, {"exchange": "Binance"}),
        (ChannelKind.FUTURES_TICKER, {"exchange": "Binance"}),
        (ChannelKind.FUTURES_TICKER, {"exchange": "Binance", "symbol": "BTCUSDT", "min_usd": 1}),
        (ChannelKind.FUTURES_TRADES, {"exchange": "Binance", "symbol": "BTCUSDT"}),
    ],
)
def test_parameters_are_those_of_the_kind(kind: ChannelKind, parameters: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=kind.name):
        Channel(kind, **parameters)  # type: ignore[arg-type]  # that is the point


NAMES = st.text("AB_@ .-", min_size=1, max_size=5)


def channel(kind: ChannelKind, exchange: str, symbol: str, value: int) -> Channel | None:
    try:
        return Channel(kind, exchange, symbol, value)
    except BadArgument:
        return None


CHANNELS = st.builds(channel, st.sampled_from(TRADES), NAMES, NAMES, st.integers(0, 99))


@given(CHANNELS, CHANNELS)
def test_two_channels_never_share_a_name(first: Channel | None, second: Channel | None) -> None:
    if first is not None and second is not None and first != second:
        assert not {*first.names} & {*second.names}
