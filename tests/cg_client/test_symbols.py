"""Listings are requested once and cached; an unknown name costs at most one request a minute."""

import asyncio
import contextlib
from operator import methodcaller

import httpx
import pytest
import respx

from cg_client.client import Client
from cg_client.endpoints import futures, spot
from cg_client.errors import NoData, PayloadMismatch, UnknownName, UpstreamFailed, UpstreamUnavailable
from cg_client.revision import Revision
from cg_client.symbols.listings import LISTING_LIFETIME, UNKNOWN_NAME_INTERVAL, Listing, Symbols
from cg_client.symbols.name_index import NameIndex
from tests.cg_client.conftest import answer, failure
from tests.clock import FakeClock

COINS, SPOT_COINS = futures.market.SUPPORTED_COINS.path, spot.SUPPORTED_COINS.path
PAIRS, SPOT_PAIRS = futures.market.SUPPORTED_PAIRS.path, spot.SUPPORTED_PAIRS.path
EXCHANGES = futures.market.SUPPORTED_EXCHANGES.path


def row(code: str, base: str, quote: str) -> dict[str, str]:
    return {"instrument_id": code, "base_asset": base, "quote_asset": quote}


@pytest.fixture
def symbols(client: Client, upstream: respx.MockRouter) -> Symbols:
    upstream.get(COINS).mock(return_value=answer(["BTC", "ETH"]))
    upstream.get(SPOT_COINS).mock(return_value=answer(["BTC", "SHIB"]))
    upstream.get(EXCHANGES).mock(return_value=answer(["Binance", "OKX"]))
    upstream.get(PAIRS).mock(return_value=answer({"Binance": [row("BTCUSDT", "BTC", "USDT")]}))
    upstream.get(SPOT_PAIRS).mock(return_value=answer({"Coinbase": [row("BTC-USD", "BTC", "USD")]}))
    return Symbols(client)


def call_count(upstream: respx.MockRouter, path: str) -> int:
    return sum(call.request.url.path == path for call in upstream.calls)


async def test_many_lookups_at_once_are_one_request(symbols: Symbols, upstream: respx.MockRouter) -> None:
    result = await asyncio.gather(*(symbols.pair("binance", "btc/usdt") for _ in range(50)))
    assert {item.symbol for item in result} == {"BTCUSDT"}
    assert len(upstream.calls) == 1


async def test_a_listing_is_valid_for_an_hour(symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock) -> None:
    await symbols.coin("btc")
    clock.advance(LISTING_LIFETIME - 1)
    await symbols.coin("eth")
    assert call_count(upstream, COINS) == 1
    clock.advance(1)
    await symbols.coin("btc")
    assert call_count(upstream, COINS) == 2


async def test_a_typing_error_costs_no_further_request_within_a_minute(
    symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    await symbols.pair("Binance", "BTCUSDT")
    for _ in range(5):
        clock.advance(10)
        with pytest.raises(UnknownName) as error:
            await symbols.pair("Binance", "BTCUSTD")
        assert error.value.suggestions == ["BTCUSDT"]
    assert len(upstream.calls) == 1


@pytest.mark.parametrize("minutes", [1, 2, 10])
async def test_after_a_minute_an_unknown_name_sends_one_request_for_all_callers(
    symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock, minutes: int
) -> None:
    await symbols.pair("Binance", "BTCUSDT")
    clock.advance(minutes * UNKNOWN_NAME_INTERVAL)
    typos = [symbols.pair("Binance", f"BTCUSTD{number}") for number in range(20)]
    failures = await asyncio.gather(*typos, return_exceptions=True)
    assert all(isinstance(failed, UnknownName) for failed in failures)
    assert len(upstream.calls) == 2


@pytest.mark.parametrize("seconds", [60, 75, 120])
async def test_a_newly_listed_name_is_found_after_a_minute(
    symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock, seconds: float
) -> None:
    await symbols.coin("BTC")
    upstream.get(COINS).mock(return_value=answer(["BTC", "NEW"]))
    clock.advance(seconds)
    assert await symbols.coin("new") == "NEW"


async def test_a_failed_refresh_keeps_the_last_listing(
    symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    await symbols.coin("BTC")
    clock.advance(LISTING_LIFETIME * 3)
    upstream.get(COINS).mock(return_value=failure("401", "Unauthorized"))
    assert await symbols.coin("eth") == "ETH"
    assert call_count(upstream, COINS) == 2


async def test_the_first_failure_is_raised_and_the_next_lookup_requests_again(
    symbols: Symbols, upstream: respx.MockRouter
) -> None:
    upstream.get(COINS).mock(side_effect=[failure("401", "Unauthorized"), answer(["BTC"])])
    with pytest.raises(UpstreamFailed) as error:
        await symbols.coin("BTC")
    assert error.value.endpoint == COINS
    assert await symbols.coin("BTC") == "BTC"


@pytest.mark.parametrize("data", [{"not": "a list"}, [1, 2]])
async def test_a_malformed_listing_is_a_payload_mismatch(
    symbols: Symbols, upstream: respx.MockRouter, data: object
) -> None:
    upstream.get(COINS).mock(return_value=answer(data))
    with pytest.raises(PayloadMismatch):
        await symbols.coin("BTC")


@pytest.mark.parametrize("data", ["null", "{}"])
async def test_an_empty_listing_makes_no_name_unknown(symbols: Symbols, upstream: respx.MockRouter, data: str) -> None:
    empty = httpx.Response(200, text=f'{{"code":"0","data":{data}}}')
    for path in (COINS, PAIRS):
        upstream.get(path).mock(return_value=empty)
    with pytest.raises(NoData):
        await symbols.coin("BTC")
    with pytest.raises(NoData):
        await symbols.pair("Binance", "BTCUSDT")


@pytest.mark.parametrize(("written", "coin"), [("btc", "BTC"), ("Eth", "ETH"), ("shib", "SHIB")])
async def test_a_coin_is_looked_for_among_futures_and_then_among_spot(
    symbols: Symbols, upstream: respx.MockRouter, written: str, coin: str
) -> None:
    assert await symbols.coin(written) == coin
    assert call_count(upstream, SPOT_COINS) == (coin == "SHIB")


async def test_an_exchange_is_looked_for_among_futures_and_then_among_spot(symbols: Symbols) -> None:
    assert await symbols.exchange("okx") == "OKX"
    assert await symbols.exchange("coinbase") == "Coinbase"


async def test_an_unknown_coin_is_refused_with_the_nearest_of_both_listings(symbols: Symbols) -> None:
    with pytest.raises(UnknownName) as error:
        await symbols.coin("BTH")
    assert set(error.value.suggestions) == {"BTC", "ETH"}
    with pytest.raises(UnknownName) as other:
        await symbols.coin("SHIBA")
    assert other.value.suggestions == ["SHIB"]


async def test_spot_pairs_are_found_in_the_spot_listing(symbols: Symbols, upstream: respx.MockRouter) -> None:
    assert (await symbols.spot.find(methodcaller("find", "Coinbase", "btcusd"))).symbol == "BTC-USD"
    assert call_count(upstream, PAIRS) == 0


@pytest.mark.parametrize("written", ["OKX", "okex", "OKX Futures"])
async def test_a_listed_exchange_without_pairs_is_refused_with_that_message(symbols: Symbols, written: str) -> None:
    with pytest.raises(UnknownName, match=r"OKX lists no futures pairs at present\."):
        await symbols.pair(written, "BTCUSDT")
    with pytest.raises(UnknownName, match=r"OKX lists no spot pairs at present\."):
        await symbols.spot.find(methodcaller("find", "OKX", "BTCUSDT"))


async def test_an_exchange_with_an_empty_list_is_refused_with_that_message(
    symbols: Symbols, upstream: respx.MockRouter
) -> None:
    upstream.get(PAIRS).mock(return_value=answer({"OKX": []}))
    with pytest.raises(UnknownName, match=r"OKX lists no futures pairs at present\."):
        await symbols.pair("OKX", "BTCUSDT")


async def test_an_exchange_with_pairs_only_in_the_other_market_is_refused_with_that_message(symbols: Symbols) -> None:
    with pytest.raises(UnknownName, match=r"Coinbase lists no futures pairs at present\."):
        await symbols.pair("coinbase", "BTC-USD")


async def test_an_unlisted_exchange_is_unknown_without_a_further_request(
    symbols: Symbols, upstream: respx.MockRouter
) -> None:
    for _ in range(3):
        with pytest.raises(UnknownName, match="no exchange 'Binanse'") as error:
            await symbols.pair("Binanse", "BTCUSDT")
        assert error.value.suggestions == ["Binance"]
    assert [call_count(upstream, path) for path in (PAIRS, EXCHANGES, SPOT_PAIRS)] == [1, 1, 1]


async def test_an_exchange_without_pairs_is_unknown_if_the_other_listings_fail(
    symbols: Symbols, upstream: respx.MockRouter
) -> None:
    for path in (EXCHANGES, SPOT_PAIRS):
        upstream.get(path).mock(return_value=failure("401", "Unauthorized"))
    with pytest.raises(UnknownName, match="no exchange 'OKX'"):
        await symbols.pair("OKX", "BTCUSDT")


@pytest.mark.parametrize("listed", ["HTX", "Huobi"])
async def test_coinglass_is_sent_the_name_that_it_lists(
    symbols: Symbols, upstream: respx.MockRouter, listed: str
) -> None:
    upstream.get(PAIRS).mock(return_value=answer({listed: [row("BTC-USDT", "BTC", "USDT")]}))
    upstream.get(EXCHANGES).mock(return_value=answer([listed]))
    for written in ("htx", "huobi", "HUOBI Global", "HTX Futures"):
        assert (await symbols.pair(written, "XBT/USDT")).exchange == listed
        assert await symbols.exchange(written) == listed


async def test_an_unknown_name_is_looked_for_once_in_one_listing(clock: FakeClock) -> None:
    searches = []

    def search(names: NameIndex) -> str:
        searches.append(names)
        return names.require("TYPO")

    listing = Listing(Directory().load, clock, Revision())
    with pytest.raises(UnknownName):
        await listing.find(search)
    assert len(searches) == 1


class Directory:
    """Loads a listing, or fails while it is down."""

    def __init__(self) -> None:
        self.names, self.down, self.count = ["BTC"], False, 0

    async def load(self) -> NameIndex:
        self.count += 1
        await asyncio.sleep(0)
        if self.down:
            raise UpstreamUnavailable("down")
        return NameIndex("coin", self.names)


@pytest.mark.parametrize("name", ["BTC", "TYPO"])
async def test_a_failed_refresh_is_not_tried_again_by_every_lookup(clock: FakeClock, name: str) -> None:
    directory = Directory()
    listing = Listing(directory.load, clock, Revision())
    await listing.get()
    directory.down = True
    clock.advance(LISTING_LIFETIME)
    for _ in range(5):
        clock.advance(1)
        with contextlib.suppress(UnknownName):
            await listing.find(lambda names: names.require(name))
    assert directory.count == 2


async def test_a_listing_recovers_after_failed_refreshes(clock: FakeClock) -> None:
    directory = Directory()
    listing = Listing(directory.load, clock, Revision())
    await listing.get()
    directory.down = True
    clock.advance(LISTING_LIFETIME)
    await listing.get()
    directory.down, directory.names = False, ["BTC", "NEW"]
    clock.advance(UNKNOWN_NAME_INTERVAL)
    assert await listing.find(lambda names: names.require("NEW")) == "NEW"


@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.ReadTimeout("late")], ids=repr)
async def test_an_outage_leaves_listed_names_usable(
    symbols: Symbols, upstream: respx.MockRouter, clock: FakeClock, error: Exception
) -> None:
    await symbols.pair("Binance", "BTCUSDT")
    clock.advance(LISTING_LIFETIME * 3)
    upstream.get(PAIRS).mock(side_effect=error)
    assert (await symbols.pair("Binance", "btc-usdt")).symbol == "BTCUSDT"


async def test_after_the_warmup_neither_pairs_nor_coins_cost_a_request(
    symbols: Symbols, upstream: respx.MockRouter
) -> None:
    assert await symbols.warm()
    await symbols.pair("binance", "btc/usdt")
    await symbols.coin("btc")
    assert (call_count(upstream, PAIRS), call_count(upstream, COINS), len(upstream.calls)) == (1, 1, 2)


@pytest.mark.parametrize("path", [PAIRS, COINS])
async def test_the_warmup_is_not_done_while_a_listing_is_missing(
    symbols: Symbols, upstream: respx.MockRouter, path: str
) -> None:
    upstream.get(path).mock(side_effect=httpx.ConnectError("down"))
    assert not await symbols.warm()
    upstream.get(path).mock(return_value=answer(["BTC"] if path == COINS else {"Binance": [row("A", "A", "USDT")]}))
    assert await symbols.warm()
