"""Symbols as people write them find one instrument or none; the likely ones are suggested, the likeliest first."""

import contextlib
import time
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cg_client.errors import UnknownName
from cg_client.symbols.aliases import Market
from cg_client.symbols.contracts import Contract
from cg_client.symbols.instruments import Instrument, InstrumentIndex
from cg_client.symbols.matching import VenueIndex

LISTINGS = {
    "Binance": """BTCUSDT:BTC:USDT BTCUSDC:BTC:USDC BTCUSD_PERP:BTC:USD BTCUSD_260327:BTC:USD BTCUSDT_260327:BTC:USDT
        ETHBTC:ETH:BTC ETHUSDT:ETH:USDT SOLUSDT:SOL:USDT KAVAUSDT:KAVA:USDT PERPUSDT:PERP:USDT PERPUSDC:PERP:USDC
        1000PEPEUSDT:1000PEPE:USDT 1000PEPEUSDC:1000PEPE:USDC 1000SATSUSDT:1000SATS:USDT
        1MBABYDOGEUSDT:1MBABYDOGE:USDT""",
    "OKX": """BTC-USDT-260327:BTC:USDT BTC-USD-SWAP:BTC:USD BTC-USDC-SWAP:BTC:USDC BTC-USDT-SWAP:BTC:USDT
        PEPE-USDT-SWAP:PEPE:USDT""",
    "Bybit": """BTCUSDT:BTC:USDT BTCPERP:BTC:USDC BTCUSD:BTC:USD BTCUSDH26:BTC:USD BTCUSDT-27MAR26:BTC:USDT
        1000PEPEUSDT:PEPE:USDT SHIB1000USDT:SHIB1000:USDT""",
    "Bitmex": "XBTUSD:BTC:USD XBTUSDT:BTC:USDT XBTZ25:BTC:USD",
    "Deribit": "BTC-PERPETUAL:BTC:USD BTC_USDC-PERPETUAL:BTC:USDC BTC-27MAR26:BTC:USD",
    "Hyperliquid": "BTC-USD:BTC:USD kPEPE-USD:kPEPE:USD",
    "Coinbase": "BTC-PERP:BTC:USDC",
    "WhiteBIT": "BTC_PERP:BTC:USDT",
    "HTX": "BTC-USDT:BTC:USDT BTC251128:BTC:USD BTC_CW:BTC:USD",
    "Gate": "BTC_USDT:BTC:USDT BTC_USDT_20260327:BTC:USDT",
    "KuCoin": "XBTUSDTM:BTC:USDT XBTUSDM:BTC:USD XBTMH26:BTC:USD",
    "Kraken": "PI_XBTUSD:BTC:USD PF_XBTUSD:BTC:USD",
    "Bitget": "BTCUSDT_UMCBL:BTC:USDT BTCUSDH26_DMCBL:BTC:USD",
}


def contracts(listing: str) -> list[Contract]:
    return [Contract(*row.split(":")) for row in listing.split()]


FUTURES = {venue: VenueIndex(venue, Market.FUTURES, contracts(listing)) for venue, listing in LISTINGS.items()}
BITFINEX = VenueIndex("Bitfinex", Market.FUTURES, [Contract("BTCF0:USTF0", "BTC", "USDT")])
SPOT = VenueIndex("Kraken", Market.SPOT, contracts("XBT/USD:BTC:USD ETH/XBT:ETH:BTC ETH/USD:ETH:USD PEPE/USD:PEPE:USD"))


def refusal(index: VenueIndex, symbol: str) -> UnknownName:
    with pytest.raises(UnknownName) as error:
        index.find(symbol)
    return error.value


@pytest.mark.parametrize(
    ("venue", "written", "code"),
    [
        ("Binance", "XBT/USDT", "BTCUSDT"),
        ("Binance", "XBTUSD", "BTCUSD_PERP"),
        ("Binance", "eth/xbt", "ETHBTC"),
        ("Binance", "ETHXBT", "ETHBTC"),
        ("Bitmex", "XBTUSD", "XBTUSD"),
        ("Bitmex", "BTC/USD", "XBTUSD"),
        ("KuCoin", "btcusdt", "XBTUSDTM"),
    ],
)
def test_xbt_is_bitcoin_in_a_pair(venue: str, written: str, code: str) -> None:
    assert FUTURES[venue].find(written) == code


@pytest.mark.parametrize("ending", [".P", ".p", "-PERP", "_PERP", "PERP", "-SWAP", " perpetual", " perp", "-PERPETUAL"])
@pytest.mark.parametrize(("venue", "code"), [("Binance", "BTCUSDT"), ("OKX", "BTC-USDT-SWAP"), ("HTX", "BTC-USDT")])
def test_a_pair_with_a_word_for_perpetuals_is_the_undated_contract(venue: str, code: str, ending: str) -> None:
    assert {FUTURES[venue].find(pair + ending) for pair in ("BTCUSDT", "BTC/USDT", "btc-usdt")} == {code}


@pytest.mark.parametrize("written", ["BTC-PERP", "BTC_PERP", "BTCPERP", "btc perpetual", "BTC.P", "BTC", "XBT"])
def test_a_base_alone_matches_the_only_undated_contract(written: str) -> None:
    result = {venue: FUTURES[venue].find(written) for venue in ("Hyperliquid", "Coinbase", "WhiteBIT", "HTX", "Gate")}
    assert result == {
        "Hyperliquid": "BTC-USD",
        "Coinbase": "BTC-PERP",
        "WhiteBIT": "BTC_PERP",
        "HTX": "BTC-USDT",
        "Gate": "BTC_USDT",
    }
    assert BITFINEX.find(written) == "BTCF0:USTF0"


@pytest.mark.parametrize("written", ["BTC-PERP", "BTC", "btcperp", "XBT perpetual"])
@pytest.mark.parametrize(
    ("venue", "codes"),
    [
        ("Binance", ["BTCUSDT", "BTCUSDC", "BTCUSD_PERP"]),
        ("OKX", ["BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-SWAP"]),
        ("Deribit", ["BTC_USDC-PERPETUAL", "BTC-PERPETUAL"]),
        ("Bitmex", ["XBTUSDT", "XBTUSD"]),
    ],
)
def test_an_ambiguous_base_is_refused_with_the_likeliest_contract_first(
    venue: str, codes: list[str], written: str
) -> None:
    error = refusal(FUTURES[venue], written)
    assert error.suggestions == codes
    assert all(code in str(error) for code in codes)


@pytest.mark.parametrize(("venue", "code"), [("Bybit", "BTCPERP"), ("Coinbase", "BTC-PERP"), ("WhiteBIT", "BTC_PERP")])
def test_the_code_of_an_exchange_wins_over_every_other_reading(venue: str, code: str) -> None:
    assert {FUTURES[venue].find(written) for written in ("BTC-PERP", "btcperp", "BTC_PERP")} == {code}


def test_a_code_in_another_case_wins_over_other_separators() -> None:
    both = VenueIndex("X", Market.FUTURES, contracts("BTC-USDT:BTC:USDT BTC_USDT:BTC:USDT"))
    assert both.find("btc_usdt") == "BTC_USDT"
    assert refusal(both, "btcusdt").suggestions == ["BTC-USDT", "BTC_USDT"]


def test_a_coin_named_perp_is_matched_as_a_coin() -> None:
    assert FUTURES["Binance"].find("PERP/USDT") == "PERPUSDT"
    assert FUTURES["Binance"].find("PERPUSDT.P") == "PERPUSDT"
    assert refusal(FUTURES["Binance"], "PERP").suggestions == ["PERPUSDT", "PERPUSDC"]


@pytest.mark.parametrize(
    ("venue", "written", "code"),
    [
        ("Binance", "BTC/USDC:USDC", "BTCUSDC"),
        ("Bybit", "BTC/USDC:USDC", "BTCPERP"),
        ("Binance", "BTC/USD:BTC", "BTCUSD_PERP"),
        ("Bitmex", "XBT/USD:XBT", "XBTUSD"),
        ("Binance", "BTC/USDT:USDT-260327", "BTCUSDT_260327"),
        ("Binance", "BTC/USD:BTC-260327", "BTCUSD_260327"),
        ("OKX", "btc/usdt:usdt-260327", "BTC-USDT-260327"),
        ("Bybit", "BTC/USDT:USDT-260327", "BTCUSDT-27MAR26"),
        ("Deribit", "BTC/USD:BTC-260327", "BTC-27MAR26"),
        ("Gate", "BTC/USDT:USDT-260327", "BTC_USDT_20260327"),
        ("HTX", "BTC/USD:BTC-251128", "BTC251128"),
    ],
)
def test_the_notation_of_ccxt_finds_the_contract(venue: str, written: str, code: str) -> None:
    assert FUTURES[venue].find(written) == code


@pytest.mark.parametrize(
    ("venue", "written", "likely"),
    [
        ("Binance", "BTC/USDT:BTC", "BTCUSDT"),
        ("Binance", "BTC/USDT:USDT-260626", "BTCUSDT_260327"),
        ("Binance", "BTC/USDT:USDT-260327-90000-C", "BTCUSDT_260327"),
        ("Bybit", "BTC/USD:BTC-260327", "BTCUSDH26"),
        ("Bitget", "BTC/USD:BTC-260327", "BTCUSDH26_DMCBL"),
        ("Kraken", "BTC/USD:BTC", "PF_XBTUSD"),
    ],
)
def test_a_property_that_a_code_does_not_show_is_not_guessed(venue: str, written: str, likely: str) -> None:
    assert likely in refusal(FUTURES[venue], written).suggestions


def test_the_stated_settlement_decides_between_contracts_of_one_quote() -> None:
    rows = [Contract("PI_XBTUSD", "BTC", "USD", "BTC"), Contract("PF_XBTUSD", "BTC", "USD", "USD")]
    kraken = VenueIndex("Kraken", Market.FUTURES, rows)
    assert (kraken.find("BTC/USD:BTC"), kraken.find("BTC/USD:USD")) == ("PI_XBTUSD", "PF_XBTUSD")


@pytest.mark.parametrize("written", ["BTC/USD", "BTCUSD.P", "BTC", "BTC-PERP", "BTC/USD:BTC"])
def test_a_weekly_contract_is_dated_without_a_digit(written: str) -> None:
    weekly = VenueIndex("HTX", Market.FUTURES, contracts("BTC_CW:BTC:USD BTC_NQ:BTC:USD BTC-USD-QUARTER:BTC:USD"))
    assert refusal(weekly, written).suggestions


@pytest.mark.parametrize(
    ("venue", "written", "code"),
    [
        ("Binance", "kPEPE/USDT", "1000PEPEUSDT"),
        ("Binance", "kPEPEUSDC", "1000PEPEUSDC"),
        ("Binance", "PEPE1000-USDT", "1000PEPEUSDT"),
        ("Binance", "1000000BABYDOGE/USDT", "1MBABYDOGEUSDT"),
        ("Binance", "kSATS", "1000SATSUSDT"),
        ("Binance", "kAVA", "KAVAUSDT"),
        ("Bybit", "1000SHIBUSDT", "SHIB1000USDT"),
        ("Bybit", "kPEPE/USDT", "1000PEPEUSDT"),
        ("Bybit", "PEPE/USDT", "1000PEPEUSDT"),  # listed with the base asset PEPE
        ("Hyperliquid", "1000PEPE-PERP", "kPEPE-USD"),
        ("OKX", "PEPE", "PEPE-USDT-SWAP"),
    ],
)
def test_all_writings_of_one_unit_find_the_same_instrument(venue: str, written: str, code: str) -> None:
    assert FUTURES[venue].find(written) == code


@pytest.mark.parametrize(
    ("venue", "written", "likely"),
    [
        ("Binance", "PEPE/USDT", "1000PEPEUSDT"),
        ("Binance", "PEPEUSDC", "1000PEPEUSDC"),
        ("Binance", "PEPE", "1000PEPEUSDT"),
        ("Binance", "KPEPE/USDT", "1000PEPEUSDT"),
        ("OKX", "1000PEPE/USDT", "PEPE-USDT-SWAP"),
        ("OKX", "kPEPE", "PEPE-USDT-SWAP"),
        ("Hyperliquid", "PEPE/USD", "kPEPE-USD"),
    ],
)
def test_a_coin_never_matches_its_thousandfold_unit(venue: str, written: str, likely: str) -> None:
    assert refusal(FUTURES[venue], written).suggestions[0] == likely


def test_a_listed_unit_wins_over_one_that_the_code_alone_shows() -> None:
    both = VenueIndex("X", Market.FUTURES, contracts("1000PEPE-USDT-SWAP:PEPE:USDT PEPE-USDT-SWAP:PEPE:USDT"))
    assert (both.find("PEPE/USDT"), both.find("kPEPE/USDT")) == ("PEPE-USDT-SWAP", "1000PEPE-USDT-SWAP")


def test_an_alias_counts_only_where_the_exchange_does_not_list_the_name() -> None:
    both = VenueIndex("X", Market.FUTURES, contracts("BTCUSDT:BTC:USDT XBT-USD:XBT:USD"))
    assert both.find("XBT") == "XBT-USD"
    assert refusal(both, "XBT/USDT").suggestions == ["BTCUSDT", "XBT-USD"]


def test_a_text_that_is_both_a_pair_and_a_base_is_ambiguous() -> None:
    both = VenueIndex("X", Market.FUTURES, contracts("S-USD-SWAP:S:USD SUSD-USDT-SWAP:SUSD:USDT"))
    for written in ("SUSD", "SUSD.P", "SUSD-PERP"):
        assert set(refusal(both, written).suggestions) == {"S-USD-SWAP", "SUSD-USDT-SWAP"}


def test_a_word_for_perpetuals_prefers_the_code_that_contains_it() -> None:
    both = VenueIndex("X", Market.FUTURES, contracts("BTC-USDT:BTC:USDT BTC-USDT-SWAP:BTC:USDT"))
    assert both.find("BTCUSDT.P") == "BTC-USDT-SWAP"
    assert both.find("x:BTCUSDT.P") == "BTC-USDT-SWAP"
    simple = VenueIndex("X", Market.FUTURES, contracts("BTC-USDT:BTC:USDT BTC-USDT-X:BTC:USDT"))
    assert refusal(simple, "BTCUSDT.P").suggestions == ["BTC-USDT", "BTC-USDT-X"]


@pytest.mark.parametrize(("written", "code"), [("BTCUSD", "XBT/USD"), ("ETH/BTC", "ETH/XBT"), ("PEPE", "PEPE/USD")])
def test_spot_pairs_are_matched_by_the_same_rules(written: str, code: str) -> None:
    assert SPOT.find(written) == code


@pytest.mark.parametrize("written", ["BTCUSD.P", "BTC/USD:BTC", "XBT-PERP", "BTC perpetual"])
def test_a_futures_contract_is_not_a_spot_pair(written: str) -> None:
    error = refusal(SPOT, written)
    assert "`pair`" in str(error)
    assert error.suggestions[0] == "XBT/USD"


@pytest.mark.parametrize(
    ("venue", "written", "suggestions"),
    [
        ("OKX", "BTC/EUR", ["BTC-USDT-SWAP", "BTC-USDC-SWAP", "BTC-USD-SWAP", "BTC-USDT-260327"]),
        ("Bitmex", "BTC/USDC", ["XBTUSDT", "XBTUSD", "XBTZ25"]),
        ("Binance", "BTTC/USDT", ["BTCUSDT"]),
        ("Binance", "EHT/USDT", ["ETHUSDT"]),
        ("Binance", "SOLUDST", ["SOLUSDT"]),
    ],
)
def test_the_likeliest_instrument_is_suggested_first(venue: str, written: str, suggestions: list[str]) -> None:
    assert refusal(FUTURES[venue], written).suggestions[: len(suggestions)] == suggestions


def test_an_exchange_without_pairs_is_refused_with_that_message() -> None:
    assert "no futures pairs at present" in str(refusal(VenueIndex("CME", Market.FUTURES, []), "BTC/USD"))
    assert "no spot pairs at present" in str(refusal(VenueIndex("CME", Market.SPOT, []), "BTC/USD"))


def test_an_exchange_name_with_a_margin_matches_only_contracts_of_that_margin() -> None:
    rows = [
        Instrument(exchange="Binance", symbol=item.code, base=item.base, quote=item.quote)
        for item in contracts(LISTINGS["Binance"])
    ]
    index = InstrumentIndex({"Binance": tuple(rows)})
    assert index.find("binanceusdm", "BTC/USDT").symbol == "BTCUSDT"
    assert index.find("Binance COIN-M", "BTC-PERP").symbol == "BTCUSD_PERP"
    for venue, symbol in [("binanceusdm", "BTCUSD"), ("Binance COIN-M", "BTCUSDT")]:
        with pytest.raises(UnknownName, match="-margined"):
            index.find(venue, symbol)


@pytest.mark.parametrize("symbol", ["x" * 100_000, "BTC" + "-" * 100_000 + "USDT", "🦄" * 100_000])
def test_a_long_symbol_is_refused_without_a_search_and_not_repeated_whole(
    symbol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for search in ("_matches", "_suggestions"):
        monkeypatch.setattr(VenueIndex, search, pytest.fail)
    error = refusal(FUTURES["Binance"], symbol)
    assert len(str(error)) < 150
    assert error.suggestions == []


def test_a_refusal_among_thousands_takes_milliseconds() -> None:
    letters = "abcdefghijklmnopq"
    coins = [f"{a}{b}{c}".upper() for a in letters for b in letters for c in letters]
    index = VenueIndex("X", Market.FUTURES, [Contract(f"{coin}USDT", coin, "USDT") for coin in coins])
    index.near("warm")
    start = time.process_time()
    for number in range(20):
        refusal(index, f"ABZUSDT{number}USDT")
    assert (time.process_time() - start) / 20 < 0.03  # measured: 4 ms


ASSETS = ["BTC", "XBT", "ETH", "PEPE", "1000PEPE", "kPEPE", "PEPE1000", "S", "SUSD", "PERP", "USDC"]
QUOTES = ["USDT", "USDC", "USD", "BTC"]
CODES = ["{b}{q}", "{b}-{q}", "{b}_{q}", "{b}-{q}-SWAP", "{b}{q}_PERP", "{b}{q}_260327", "{b}-PERP", "{b}{q}H26", "{b}"]
SAME_UNIT = {"XBT": "BTC", "kPEPE": "1000PEPE", "PEPE1000": "1000PEPE"}


@st.composite
def listings(draw: st.DrawFn) -> list[Contract]:
    row = st.tuples(st.sampled_from(CODES), st.sampled_from(ASSETS), st.sampled_from(QUOTES))
    rows = [(code.format(b=b, q=q), b, q) for code, b, q in draw(st.lists(row, min_size=1, max_size=12))]
    return [Contract(*row) for row in {row[0]: row for row in rows}.values()]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def undated(rows: Iterable[Contract]) -> set[Contract]:
    return {row for row in rows if "260327" not in row.code and not row.code.endswith("H26")}


def with_base(rows: list[Contract], base: str) -> list[Contract]:
    """Those that list the base by this name or, failing that, by another for the same unit."""
    unit = SAME_UNIT.get(base, base)
    return [row for row in rows if row.base == base] or [
        row for row in rows if SAME_UNIT.get(row.base, row.base) == unit
    ]


def pairs_and_bases(rows: list[Contract], text: str) -> tuple[set[Contract], set[Contract]]:
    """Return what the text means as base and quote, in each way to cut it, and as a base alone."""
    cut = [(b, q) for b in ASSETS for q in QUOTES if text in {b + q, f"{b}/{q}", f"{b}-{q}"}]
    pairs = {row for b, q in cut for row in with_base(rows, b) if row.quote == q}
    return undated(pairs), undated(with_base(rows, text)) if text in ASSETS else set()


def some(rows: set[Contract], preferred: set[Contract]) -> set[Contract]:
    return rows & preferred or rows


def check(rows: list[Contract], written: str, meant: set[Contract]) -> None:
    """Resolve if and only if one instrument is meant; exact codes, which win over all else, have a separate test."""
    assume(all(letters(row.code) != letters(written) for row in rows))
    try:
        result = {VenueIndex("X", Market.FUTURES, rows).find(written)}
    except UnknownName:
        result = set()
    assert result == ({row.code for row in meant} if len(meant) == 1 else set())


@given(listings(), st.data())
def test_in_any_listing_each_code_is_found_in_any_case(rows: list[Contract], data: st.DataObject) -> None:
    index, row = VenueIndex("X", Market.FUTURES, rows), data.draw(st.sampled_from(rows))
    assert index.find(row.code) == row.code
    assume(sum(other.code.lower() == row.code.lower() for other in rows) == 1)
    for written in (row.code.lower(), row.code.upper(), row.code.swapcase()):
        assert index.find(written) == row.code


@given(listings(), st.sampled_from(["{b}{q}", "{b}/{q}", "{b}-{q}", "{b}"]), st.sampled_from(ASSETS), st.data())
def test_a_pair_or_a_base_is_resolved_only_if_one_instrument_is_meant(
    rows: list[Contract], form: str, base: str, data: st.DataObject
) -> None:
    written = form.format(b=base, q=data.draw(st.sampled_from(QUOTES)))
    pairs, bases = pairs_and_bases(rows, written)
    simple = {row for row in rows if letters(row.code) == letters(row.base + row.quote)}
    check(rows, written, some(pairs, simple) | bases)


@given(listings(), st.sampled_from([".P", "-PERP", " perpetual", "-SWAP"]), st.sampled_from(ASSETS), st.data())
def test_a_perpetual_is_resolved_only_if_one_instrument_is_meant(
    rows: list[Contract], ending: str, base: str, data: st.DataObject
) -> None:
    rest = base + data.draw(st.sampled_from(["", *QUOTES]))
    assume(all(letters(row.code) != letters(rest) for row in rows))
    pairs, bases = pairs_and_bases(rows, rest)
    stating = {row for row in pairs if "PERP" in row.code.removeprefix(row.base) or "SWAP" in row.code}
    check(rows, rest + ending, some(pairs, stating) | bases)


@given(listings(), st.sampled_from(ASSETS), st.sampled_from(QUOTES), st.sampled_from(["", "-260327"]), st.data())
def test_the_notation_of_ccxt_is_resolved_only_if_one_instrument_is_meant(
    rows: list[Contract], base: str, quote: str, date: str, data: st.DataObject
) -> None:
    settlement = data.draw(st.sampled_from([quote, "BTC", "ETH"]))
    settles = settlement == quote or (quote == "USD" and settlement == SAME_UNIT.get(base, base))
    result = [row for row in with_base(rows, base) if row.quote == quote and settles]
    dated = {row for row in result if "260327" in row.code}
    simple = {row for row in rows if letters(row.code) == letters(row.base + row.quote)}
    check(rows, f"{base}/{quote}:{settlement}{date}", dated if date else some(undated(result), simple))


@given(listings(), st.text(max_size=80))
def test_any_text_is_resolved_or_unknown(rows: list[Contract], written: str) -> None:
    codes = {row.code for row in rows}
    for market in Market:
        index = VenueIndex("X", market, rows)
        assert len(index.near(written)) <= 5
        assert codes.issuperset(index.near(written))
        with contextlib.suppress(UnknownName):
            assert index.find(written) in codes
