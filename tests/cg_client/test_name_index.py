"""Coins and exchanges are found by their aliases; an ambiguous name is refused."""

import pytest

from cg_client.errors import UnknownExchange, UnknownName
from cg_client.symbols.aliases import EXCHANGE_ALIASES, CoinUnit, Margin, Market, unit_of
from cg_client.symbols.name_index import CoinIndex, ExchangeIndex, NameIndex, Venue
from cg_client.symbols.similar_names import SimilarNames

EXCHANGES = ("Binance", "OKX", "HTX", "Gate", "Bitmex", "Coinbase", "Kraken", "Crypto.com")


def refusal(names: NameIndex, name: str) -> UnknownName:
    with pytest.raises(UnknownName) as error:
        names.require(name)
    return error.value


def test_an_exact_name_wins_over_a_folded_match() -> None:
    names = NameIndex("coin", ["BTC", "btc", "Btc", "M.X"])
    assert [names.find(name) for name in ("btc", "Btc", "mx", "m.X")] == ["btc", "Btc", "M.X", "M.X"]


def test_names_that_differ_only_in_case_are_ambiguous() -> None:
    names = NameIndex("coin", ["BTC", "btc", "Btc"])
    assert names.find("bTC") is None
    assert refusal(names, "bTC").suggestions == ["BTC", "btc", "Btc"]
    assert "ambiguous" in str(refusal(names, "bTC"))


def test_a_match_in_another_case_wins_over_other_separators() -> None:
    assert NameIndex("coin", ["BTC.B", "BTCB"]).find("btc.b") == "BTC.B"
    assert NameIndex("coin", ["BTC.B", "BTCB"]).find("btc-b") is None


@pytest.mark.parametrize(
    ("written", "listed"),
    [("XBT", "BTC"), ("xbt", "BTC"), ("kPEPE", "1000PEPE"), ("PEPE1000", "1000PEPE"), ("1000SHIB", "kSHIB")],
)
def test_a_coin_is_found_by_another_ticker_of_the_same_unit(written: str, listed: str) -> None:
    assert CoinIndex(["BTC", "1000PEPE", "kSHIB", "KAVA"]).require(written) == listed


def test_a_listed_ticker_is_not_an_alias() -> None:
    assert CoinIndex(["BTC", "XBT"]).require("xbt") == "XBT"
    assert CoinIndex(["PEPE", "1000PEPE"]).require("pepe") == "PEPE"
    assert CoinIndex(["KAVA", "1000AVA"]).require("kAVA") == "KAVA"


@pytest.mark.parametrize(("written", "listed"), [("PEPE", "1000PEPE"), ("1000BONK", "BONK"), ("KPEPE", "1000PEPE")])
def test_a_coin_of_another_unit_is_only_suggested(written: str, listed: str) -> None:
    assert refusal(CoinIndex(["1000PEPE", "BONK", "PEPPER"]), written).suggestions[0] == listed


def test_two_listed_tickers_of_one_unit_are_ambiguous() -> None:
    assert refusal(CoinIndex(["1000PEPE", "PEPE1000"]), "kPEPE").suggestions == ["1000PEPE", "PEPE1000"]


@pytest.mark.parametrize(
    ("ticker", "unit"),
    [
        ("BTC", CoinUnit("btc")),
        ("kPEPE", CoinUnit("pepe", 1_000)),
        ("KAVA", CoinUnit("kava")),
        ("kava", CoinUnit("kava")),
        ("1000000MOG", CoinUnit("mog", 1_000_000)),
        ("1MBABYDOGE", CoinUnit("babydoge", 1_000_000)),
        ("SHIB1000", CoinUnit("shib", 1_000)),
        ("10000SATS", CoinUnit("sats", 10_000)),
        ("1INCH", CoinUnit("1inch")),
        ("100X", CoinUnit("100x")),
    ],
)
def test_a_ticker_is_split_into_coin_and_multiple(ticker: str, unit: CoinUnit) -> None:
    assert unit_of(ticker) == unit


@pytest.mark.parametrize("group", EXCHANGE_ALIASES, ids=lambda group: group[0])
def test_aliases_of_an_exchange_work_in_every_direction(group: tuple[str, ...]) -> None:
    for listed in group:
        for written in group:
            assert ExchangeIndex(["Binance", listed]).require(written.upper()) == listed


def test_a_listed_exchange_is_not_an_alias() -> None:
    both = ExchangeIndex(["HTX", "Huobi"])
    assert (both.require("huobi"), both.require("htx")) == ("Huobi", "HTX")
    assert refusal(both, "Huobi Global").suggestions == ["HTX", "Huobi"]


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("Binance Futures", "Binance"),
        ("Binance Perpetual Futures", "Binance"),
        ("krakenfutures", "Kraken"),
        ("OKEX Swap", "OKX"),
        ("Huobi Futures", "HTX"),
        ("Crypto.com Exchange", "Crypto.com"),
        ("BitMEX", "Bitmex"),
    ],
)
def test_words_after_an_exchange_name_are_dropped(written: str, listed: str) -> None:
    assert ExchangeIndex(EXCHANGES, Market.FUTURES).require(written) == listed


@pytest.mark.parametrize("written", ["Binance US", "Binance.US", "Futures", "Bin Futures", "Binance Spot Futures", ""])
def test_an_unknown_exchange_with_such_words_stays_unknown(written: str) -> None:
    assert isinstance(refusal(ExchangeIndex(EXCHANGES, Market.FUTURES), written), UnknownExchange)


def test_a_listed_name_that_ends_in_such_a_word_matches() -> None:
    assert ExchangeIndex(["Bit", "BitSpot"], Market.FUTURES).require("bitspot") == "BitSpot"


@pytest.mark.parametrize(
    ("market", "written", "field"), [("futures", "Binance Spot", "`spotPair`"), ("spot", "binance futures", "`pair`")]
)
def test_a_name_of_the_other_market_is_refused_with_the_field_for_it(market: str, written: str, field: str) -> None:
    error = refusal(ExchangeIndex(EXCHANGES, Market(market)), written)
    assert field in str(error)
    assert error.suggestions == ["Binance"]
    assert ExchangeIndex(EXCHANGES).require(written) == "Binance"


@pytest.mark.parametrize(
    ("written", "margin"),
    [
        ("binanceusdm", Margin.STABLECOIN),
        ("Binance USDⓈ-M", Margin.STABLECOIN),
        ("Binance USD-M Futures", Margin.STABLECOIN),
        ("Binance COIN-M", Margin.COIN),
    ],
)
def test_an_exchange_name_with_a_margin_is_not_the_whole_exchange(written: str, margin: Margin) -> None:
    futures = ExchangeIndex(EXCHANGES, Market.FUTURES)
    assert futures.locate(written) == Venue("Binance", margin)
    assert refusal(futures, written).suggestions == ["Binance"]
    assert ExchangeIndex(EXCHANGES).require(written) == "Binance"


@pytest.mark.parametrize("index", [CoinIndex(["BTC"]), ExchangeIndex(["Binance"])], ids=["coin", "exchange"])
def test_a_long_name_is_refused_without_a_search_and_not_repeated_whole(
    index: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("fold", "letters_of", "exchange_readings"):
        monkeypatch.setattr(f"cg_client.symbols.name_index.{step}", pytest.fail)
    error = refusal(index, "x" * 100_000)
    assert len(str(error)) < 150
    assert error.suggestions == []


def test_one_typo_in_a_short_name_is_corrected_among_thousands() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = SimilarNames([f"{a}{b}{c}99" for a in letters for b in letters for c in letters] + ["eth", "btc"])
    assert {names.near(slip)[0] for slip in ("eht", "etth", "th")} == {"eth"}
    assert names.near("bct")[0] == "btc"
