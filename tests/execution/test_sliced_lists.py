"""An operation with an error, which graphql-core's executor answers, completes long tables in slices."""

import asyncio
from typing import Any

import pytest

from tests.conftest import Graph

LONG = """{ unknown: coin(symbol: "NOSUCH") { symbol } pair(exchange: "Binance", symbol: "BTCUSDT") {
  price(interval: M1, last: 3000) { __typename ... on PriceSeries { candles { time close } } } } }"""


def test_a_long_table_is_the_same_with_and_without_an_error(graph: Graph) -> None:
    answer = graph.ask(LONG)
    assert [error["path"] for error in answer["errors"]] == [["unknown"]]
    alone = graph.data(LONG.replace('unknown: coin(symbol: "NOSUCH") { symbol }', ""))
    assert len(alone["pair"]["price"]["candles"]) == 3000
    assert answer["data"] == {"unknown": None} | alone


def test_others_get_their_turn_while_a_long_table_is_completed(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []
    sleep = asyncio.sleep

    async def counted(seconds: float, *options: Any) -> None:
        turns.append(seconds)
        await sleep(seconds, *options)

    monkeypatch.setattr("served_schema.sliced_lists.asyncio.sleep", counted)
    graph.ask(LONG)
    assert turns.count(0) >= 30
