"""A pair is found in any notation; ambiguous and unknown names are refused with suggestions."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.errors import PayloadMismatch, UnknownName
from cg_client.symbols.aliases import fold, fold_exchange
from cg_client.symbols.instruments import Instrument, InstrumentIndex, decode_instruments


def listed(exchange: str, *pairs: tuple[str, str, str]) -> tuple[Instrument, ...]:
    return tuple(Instrument(exchange=exchange, symbol=code, base=base, quote=quote) for code, base, quote in pairs)


INDEX = InstrumentIndex(
    {
        "Binance": listed(
            "Binance",
            ("BTCUSDT", "BTC", "USDT"),
            ("BTCUSDC", "BTC", "USDC"),
            ("BTCUSDT_260925", "BTC", "USDT"),
            ("BTCUSD_PERP", "BTC", "USD"),
            ("BTCUSD_260925", "BTC", "USD"),
            ("ETHUSDT", "ETH", "USDT"),
            ("1000PEPEUSDT", "1000PEPE", "USDT"),
            ("1INCHUSDT", "1INCH", "USDT"),
        ),
        "OKX": listed("OKX", ("BTC-USDT-SWAP", "BTC", "USDT"), ("BTC-USD-SWAP", "BTC", "USD")),
        "Bitget": listed("Bitget", ("BTCUSDT_UMCBL", "BTC", "USDT"), ("BTCUSD_DMCBL", "BTC", "USD")),
        "Gate": listed("Gate", ("BTC_USDT", "BTC", "USDT")),
        "Deribit": listed("Deribit", ("BTC-PERPETUAL", "BTC", "USD"), ("BTC-25SEP26", "BTC", "USD")),
        "Twins": listed("Twins", ("BTC-USDT", "BTC", "USDT"), ("BTC_USDT", "BTC", "USDT")),
        "Words": listed("Words", ("BTC-USDT-SWAP", "BTC", "USDT"), ("BTC-USDT-PERP", "BTC", "USDT")),
    }
)
LISTED_CODES = [(exchange, item.symbol) for exchange, instruments in INDEX.listing.items() for item in instruments]


def code_of(exchange: str, symbol: str) -> str:
    return INDEX.find(exchange, symbol).symbol


def unknown(exchange: str, symbol: str) -> UnknownName:
    with pytest.raises(UnknownName) as error:
        INDEX.find(exchange, symbol)
    return error.value


@pytest.mark.parametrize(("exchange", "code"), LISTED_CODES)
def test_every_listed_code_matches_itself(exchange: str, code: str) -> None:
    assert code_of(exchange, code) == code
    assert INDEX.find(exchange, code).exchange == exchange


@given(st.sampled_from([pair for pair in LISTED_CODES if pair[0] != "Twins"]), st.data())
def test_a_listed_code_is_found_in_any_case_and_with_any_separators(pair: tuple[str, str], data: st.DataObject) -> None:
    exchange, code = pair
    letters = [data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in code]
    separator = data.draw(st.sampled_from(["", "-", "_", "/", " ", "."]))
    written = "".join(letter if letter.isalnum() else separator for letter in letters)
    assert code_of(exchange, written) == code


@pytest.mark.parametrize(
    "written", ["BTCUSDT", "btcusdt", "BTC/USDT", "btc-usdt", "BTC_USDT", "Btc Usdt", " BTC/USDT ", "BTC/USDT:USDT"]
)
@pytest.mark.parametrize(
    ("exchange", "code"),
    [("Binance", "BTCUSDT"), ("OKX", "BTC-USDT-SWAP"), ("Bitget", "BTCUSDT_UMCBL"), ("Gate", "BTC_USDT")],
)
def test_base_and_quote_find_the_perpetual_of_each_exchange(exchange: str, code: str, written: str) -> None:
    assert code_of(exchange, written) == code


@pytest.mark.parametrize(
    ("exchange", "written", "code"),
    [
        ("Binance", "BTC/USD:BTC", "BTCUSD_PERP"),
        ("OKX", "btc/usd:btc", "BTC-USD-SWAP"),
        ("Deribit", "BTC/USD:BTC", "BTC-PERPETUAL"),
        ("Bitget", "BTC-USD:BTC", "BTCUSD_DMCBL"),
    ],
)
def test_an_inverse_contract_is_found_by_its_settlement(exchange: str, written: str, code: str) -> None:
    assert code_of(exchange, written) == code


@pytest.mark.parametrize("settlement", ["ETH", "USDC"])
def test_an_unknown_settlement_matches_nothing(settlement: str) -> None:
    unknown("Binance", f"BTC/USDT:{settlement}")


def test_a_stated_settlement_is_found() -> None:
    coin = Instrument(exchange="X", symbol="BTCUSD_UM", base="BTC", quote="USD", settlement="USDC")
    assert InstrumentIndex({"X": (coin,)}).find("X", "BTC/USD:USDC") is coin


@pytest.mark.parametrize("written", ["BTC/USD", "BTCUSD", "btc-usd:btc"])
def test_base_and_quote_never_match_a_dated_contract(written: str) -> None:
    assert code_of("Deribit", written) == "BTC-PERPETUAL"
    assert code_of("Binance", written) == "BTCUSD_PERP"


@pytest.mark.parametrize("written", ["btcusdt_260925", "BTC-USDT-260925", "BTCUSDT260925"])
def test_dated_contracts_are_found_by_their_code(written: str) -> None:
    assert code_of("Binance", written) == "BTCUSDT_260925"


@pytest.mark.parametrize(("written", "code"), [("1000pepe/usdt", "1000PEPEUSDT"), ("1INCH-USDT", "1INCHUSDT")])
def test_digits_in_a_coin_s_name_are_not_a_date(written: str, code: str) -> None:
    assert code_of("Binance", written) == code


@pytest.mark.parametrize(
    ("exchange", "written", "codes"),
    [
        ("Twins", "btcusdt", ["BTC-USDT", "BTC_USDT"]),
        ("Words", "BTC/USDT", ["BTC-USDT-PERP", "BTC-USDT-SWAP"]),
    ],
)
def test_an_ambiguous_name_is_refused_with_the_matching_codes(exchange: str, written: str, codes: list[str]) -> None:
    error = unknown(exchange, written)
    assert error.suggestions == codes
    assert all(named in str(error) for named in [exchange, *codes])


def test_a_code_of_base_and_quote_alone_wins_over_longer_codes() -> None:
    pair, swap = listed("X", ("BTC-USDT", "BTC", "USDT"), ("BTC-USDT-SWAP", "BTC", "USDT"))
    assert InstrumentIndex({"X": (swap, pair)}).find("X", "BTC/USDT:USDT") is pair


@pytest.mark.parametrize(
    ("exchange", "typo", "nearest"),
    [("Binance", "BTCUSTD", "BTCUSDT"), ("Binance", "ETUSDT", "ETHUSDT"), ("OKX", "BTC-USDT-SWAPP", "BTC-USDT-SWAP")],
)
def test_a_typing_error_is_answered_with_the_nearest_real_code(exchange: str, typo: str, nearest: str) -> None:
    error = unknown(exchange, typo)
    assert error.suggestions[0] == nearest
    assert len(error.suggestions) <= 5
    assert exchange in str(error)
    assert typo in str(error)


@pytest.mark.parametrize("nothing", ["", "  ", "/", "BTC", "USDT/BTC", "₿", "DOGE/USDT"])
def test_a_pair_that_the_exchange_lacks_is_unknown(nothing: str) -> None:
    unknown("Binance", nothing)


@pytest.mark.parametrize("written", ["Gate", "gate", "GATE", "Gate.io", "gateio"])
def test_an_exchange_is_found_under_each_of_its_listed_names(written: str) -> None:
    assert code_of(written, "BTC_USDT") == "BTC_USDT"
    assert fold_exchange(written) == "gate"


def test_an_unknown_exchange_is_refused_with_the_nearest() -> None:
    error = unknown("Binanse", "BTCUSDT")
    assert error.suggestions == ["Binance"]
    assert "exchange 'Binanse'" in str(error)


@given(st.text(), st.text())
def test_any_text_matches_a_listed_instrument_or_is_unknown(exchange: str, symbol: str) -> None:
    for venue in (exchange, "Binance", "Twins"):
        with contextlib.suppress(UnknownName):
            item = INDEX.find(venue, symbol)
            assert item in INDEX.listing[item.exchange]


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(f"-{text}_/ ") == fold(text)


def test_the_exchanges_of_a_coin_are_in_alphabetical_order() -> None:
    assert INDEX.venues_of("ETH") == ("Binance",)
    assert INDEX.venues_of("BTC") == tuple(sorted(INDEX.listing))
    assert INDEX.venues_of("DOGE") == ()


def test_a_listing_is_read_with_the_exchange_of_each_instrument() -> None:
    rows = b'{"OKX":[{"instrument_id":"BTC-USDT-SWAP","base_asset":"BTC","quote_asset":"USDT","funding_interval":"8"}]}'
    (item,) = decode_instruments(msgspec.Raw(rows), AnomalyCollector())["OKX"]
    assert (item.exchange, item.symbol, item.funding_interval_hours, item.settlement) == (
        "OKX",
        "BTC-USDT-SWAP",
        8,
        None,
    )


@pytest.mark.parametrize("data", [b"null", b"[]", b'{"OKX":[{"base_asset":"BTC"}]}'])
def test_a_malformed_listing_is_a_payload_mismatch(data: bytes) -> None:
    with pytest.raises(PayloadMismatch):
        decode_instruments(msgspec.Raw(data), AnomalyCollector())
