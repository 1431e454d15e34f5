"""Answers that differ from the documented ones are served completely, and unusual values in them are reported."""

from typing import Any

import msgspec
import pytest

from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.symbols.instruments import decode_instruments, decode_spot_instruments
from cg_client.symbols.listings import decode_names
from tests.clock import FakeClock
from tests.peculiar import NOW, PECULIAR, Peculiar
from tests.upstream import StubUpstream
from tests.upstream import field as answered


@pytest.mark.parametrize("peculiar", PECULIAR, ids=lambda peculiar: peculiar.name)
async def test_a_peculiar_answer_is_served_and_its_unusual_values_are_reported(peculiar: Peculiar) -> None:
    upstream = StubUpstream({peculiar.path: {"code": "0", "data": peculiar.data}}, clock=FakeClock(NOW))
    answer = await answered(peculiar.query, upstream)
    assert {name: value for name, value in answer.items() if name != "source"} == peculiar.served
    result = [(item["kind"], item["field"], item["count"]) for item in answer["source"]["anomalies"]]
    assert sorted(result) == sorted(peculiar.anomalies)


FUTURES_ALONE = {"settlement_currency": "USDT", "max_leverage": 125, "funding_interval": 8, "price_tick_size": "0.1"}
DECODERS = {"futures": decode_instruments, "spot": decode_spot_instruments}
MARKETS = pytest.mark.parametrize(("root", "market"), [("pair", "futures"), ("spotPair", "spot")])


def directory(market: str) -> dict[str, Any]:
    """Return a listing with a nameless instrument, one without a base, and an exchange without a list."""

    def instrument(code: str, base: str | None = "BTC") -> dict[str, Any]:
        stated = FUTURES_ALONE if market == "futures" else {}
        return {"instrument_id": code, "base_asset": base, "quote_asset": "USDT", **stated}

    nameless = {name: value for name, value in instrument("").items() if name != "instrument_id"}
    return {
        "Binance": [instrument("BTCUSDT"), nameless, instrument("ETHUSDT", "ETH")],
        "OKX": [instrument("X-1", None)],
        "New": None,
    }


@MARKETS
async def test_nameless_instruments_and_an_exchange_without_a_list_are_skipped_alone(root: str, market: str) -> None:
    upstream = StubUpstream({f"/api/{market}/supported-exchange-pairs": {"code": "0", "data": directory(market)}})
    for written, code, base in (("BTC/USDT", "BTCUSDT", "BTC"), ("ETHUSDT", "ETHUSDT", "ETH")):
        query = f'{{ it: {root}(exchange: "Binance", symbol: "{written}") {{ symbol base }} }}'
        assert await answered(query, upstream) == {"symbol": code, "base": base}
    listed = await answered(f"{{ it: {root}s {{ nodes {{ exchange symbol }} }} }}", upstream)
    assert listed["nodes"] == [
        {"exchange": "Binance", "symbol": "BTCUSDT"},
        {"exchange": "Binance", "symbol": "ETHUSDT"},
    ]


@pytest.mark.parametrize("market", DECODERS)
def test_missing_values_of_a_directory_are_reported(market: str) -> None:
    anomalies = AnomalyCollector()
    result = DECODERS[market](msgspec.Raw(msgspec.json.encode(directory(market))), anomalies)
    assert {exchange: [item.symbol for item in listed] for exchange, listed in result.items()} == {
        "Binance": ["BTCUSDT", "ETHUSDT"]
    }
    assert [(item.kind.name, item.field, item.count) for item in anomalies.anomalies()] == [
        ("ROW_SKIPPED", "*[].instrument_id", 1),
        ("ROW_SKIPPED", "*[].base_asset", 1),
        ("SHAPE_CHANGED", "*", 1),
    ]


async def test_a_null_among_the_names_is_skipped_alone() -> None:
    names = {"code": "0", "data": ["BTC", None, "ETH"]}
    coins = await answered("{ it: coins { nodes { symbol } } }", StubUpstream({"/api/futures/supported-coins": names}))
    assert coins["nodes"] == [{"symbol": "BTC"}, {"symbol": "ETH"}]
    exchanges = await answered("{ it: exchanges { name } }", StubUpstream({"/api/futures/supported-exchanges": names}))
    assert exchanges == [{"name": "BTC"}, {"name": "ETH"}]
    anomalies = AnomalyCollector()
    assert decode_names(msgspec.Raw(b'["BTC", null, "ETH"]'), anomalies) == ("BTC", "ETH")
    assert [(item.kind.name, item.count) for item in anomalies.anomalies()] == [("ROW_SKIPPED", 1)]
