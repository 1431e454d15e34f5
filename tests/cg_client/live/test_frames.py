"""Texts that are no events are told apart; what is not understood is nothing in particular."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.live.frames import ChannelData, Ground, Other, Pong, RefusalText, read_frame
from tests.cg_client.live.rig import CAMEL, TRADES_NAME, order


@pytest.mark.parametrize("text", ["pong", "PONG", " pong\n", '"pong"', '{"event":"pong"}', '{"op": "pong", "ts": 7}'])
def test_a_pong_may_be_written_in_several_ways(text: str) -> None:
    assert isinstance(read_frame(text), Pong)


def test_an_envelope_has_the_rows_of_its_channel() -> None:
    frame = read_frame(json.dumps({"channel": CAMEL, "data": [order()], "time": 7}))
    assert isinstance(frame, ChannelData)
    assert (frame.name, json.loads(bytes(frame.rows))) == (CAMEL, [order()])


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("liquidationOrders need upgrade plan", Ground.PLAN),
        ('{"channel":"liquidationOrders","code":"401","msg":"Upgrade plan"}', Ground.PLAN),
        ("Invalid API key", Ground.KEY),
        ('{"code":"400","msg":"API key missing."}', Ground.KEY),
        ("Too many requests", Ground.RATE),
        ("unknown channel liquidationOrders", Ground.UNKNOWN),
        ("liquidationOrders does not exist", Ground.UNKNOWN),
        ("liquidationOrders: not found", Ground.UNKNOWN),
    ],
)
def test_refusals_are_told_apart(text: str, ground: Ground) -> None:
    frame = read_frame(text)
    assert isinstance(frame, RefusalText)
    assert frame.ground is ground


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "[1]",
        "7",
        '{"channel":"liquidationOrders"}',
        '{"channel":7,"data":[]}',
        '{"event":"subscribe","channel":"liquidationOrders","success":true}',
        "api key accepted",
        "ping pong",
    ],
)
def test_anything_else_is_nothing_in_particular(text: str) -> None:
    assert isinstance(read_frame(text), Other)


@pytest.mark.parametrize(
    "text",
    [
        f"{TRADES_NAME} need upgrade plan",
        f"need upgrade plan: {TRADES_NAME}.",
        f'{{"channel":"{TRADES_NAME}","msg":"need upgrade plan"}}',
        f"({TRADES_NAME}) upgrade plan",
    ],
)
def test_a_name_in_a_refusal_is_a_word_of_its_own(text: str) -> None:
    frame = read_frame(text)
    assert isinstance(frame, RefusalText)
    shorter, longer = TRADES_NAME[:-1], TRADES_NAME + "0"
    assert frame.names([shorter, TRADES_NAME, longer, CAMEL]) == [TRADES_NAME]


def test_names_may_have_spaces() -> None:
    frame = read_frame("futures_ticker@Binance US_BTC.USD need upgrade plan")
    assert isinstance(frame, RefusalText)
    assert frame.names(["futures_ticker@Binance US_BTC.USD", "futures_ticker@Binance US_BTC-USD"]) == [
        "futures_ticker@Binance US_BTC.USD"
    ]


TEXTS = st.text() | st.from_regex(r'\{"(channel|data|msg)":("\w*"|\[\]|7|null)(,"(channel|data)":("\w*"|\[\]|7))?\}?')


@given(TEXTS)
def test_every_text_is_something(text: str) -> None:
    frame: Any = read_frame(text)
    assert isinstance(frame, Pong | ChannelData | RefusalText | Other)


def test_deep_nesting_is_nothing_in_particular() -> None:
    assert isinstance(read_frame('{"channel":' + "[" * 100_000), Other)
