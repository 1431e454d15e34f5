"""The roots of the graph."""

from typing import Annotated

import strawberry

from cg_client.endpoints import account
from resolvers.context import Info
from resolvers.field import upstream
from schema.account import Account, AccountResult, Quota
from schema.calendar import Calendar
from schema.capabilities import Capability, capabilities
from schema.coin import Coin
from schema.etf.flows import ETFAsset
from schema.etf.funds import ETF
from schema.exchange import Exchange
from schema.futures.hyperliquid import Hyperliquid
from schema.grayscale import Grayscale
from schema.indicators.root import Indicators
from schema.listing import CoinFilter, ExchangeFilter, pairs_page, spot_pairs_page
from schema.markets import Markets
from schema.news import News
from schema.on_chain.root import OnChain
from schema.pair import Pair
from schema.sentiment import Sentiment
from schema.spot_pair import SpotPair
from vocabulary.connections import FIRST, After, Connection, First, page
from vocabulary.fields import resolved

CoinArgument = Annotated[str, strawberry.argument(description="Ticker in any case, e.g. `BTC` or `XBT`.")]
ExchangeArgument = Annotated[str, strawberry.argument(description="Exchange in any case, e.g. `Binance`, `OKEX`.")]
PairArgument = Annotated[
    str,
    strawberry.argument(
        description="The exchange's own code (`BTCUSDT`, `BTC-USDT-SWAP`) in any case, or base and quote (`BTC/USDT`), "
        "also as TradingView (`BTCUSDT.P`) and ccxt (`BTC/USDT:USDT`) write a perpetual contract."
    ),
]


@strawberry.type(description="CoinGlass: crypto derivatives, spot, options and funds.")
class Query:
    account: AccountResult = upstream(account.SUBSCRIPTION, Account)

    @resolved("A coin.")
    def coin(self, info: Info, symbol: CoinArgument) -> Coin | None:
        return Coin.found(info, symbol)

    @resolved("Coins with futures markets.")
    async def coins(
        self,
        info: Info,
        symbols: Annotated[list[str] | None, strawberry.argument(description="Only these coins.")] = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[Coin]:
        listing = info.context.symbols.futures_coins
        names = await listing.find(lambda known: known.names if symbols is None else tuple(map(known.require, symbols)))
        return page([Coin(symbol=name) for name in dict.fromkeys(names)], lambda coin: coin.symbol, first, after)

    @resolved("A futures instrument of an exchange.")
    def pair(self, info: Info, exchange: ExchangeArgument, symbol: PairArgument) -> Pair | None:
        return Pair.found(info, exchange, symbol)

    @resolved("A spot pair of an exchange.")
    def spot_pair(self, info: Info, exchange: ExchangeArgument, symbol: PairArgument) -> SpotPair | None:
        return SpotPair.found(info, exchange, symbol)

    @resolved("Futures instruments.")
    async def pairs(
        self,
        info: Info,
        exchange: ExchangeFilter = None,
        coin: CoinFilter = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[Pair]:
        return await pairs_page(info, exchange, coin, first, after)

    @resolved("Spot pairs.")
    async def spot_pairs(
        self,
        info: Info,
        exchange: ExchangeFilter = None,
        coin: CoinFilter = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[SpotPair]:
        return await spot_pairs_page(info, exchange, coin, first, after)

    @resolved("An exchange.")
    async def exchange(self, info: Info, name: ExchangeArgument) -> Exchange | None:
        return await Exchange.find(info, name)

    @resolved("Exchanges with futures markets.")
    async def exchanges(self, info: Info) -> list[Exchange]:
        return [Exchange(name=name) for name in (await info.context.symbols.futures_exchanges.get()).names]

    @resolved("Lists over the whole market.")
    def markets(self) -> Markets:
        return Markets()

    @resolved("Exchange-traded funds on one asset.")
    def etf(self, asset: Annotated[ETFAsset, strawberry.argument(description="What the funds hold.")]) -> ETF:
        return ETF(asset=asset)

    @resolved("Hyperliquid.")
    def hyperliquid(self) -> Hyperliquid:
        return Hyperliquid()

    @resolved("Grayscale.")
    def grayscale(self) -> Grayscale:
        return Grayscale()

    @resolved("What is seen on the chains.")
    def on_chain(self) -> OnChain:
        return OnChain()

    @resolved("The economic calendar.")
    def calendar(self) -> Calendar:
        return Calendar()

    @resolved("News.")
    def news(self) -> News:
        return News()

    @resolved("The mood of the market around a coin.")
    async def sentiment(self, info: Info, coin: CoinArgument = "BTC") -> Sentiment:
        found = await Coin.find(info, coin)
        return Sentiment(coin=found.symbol, unresolved=found.unresolved)

    @resolved("What each field takes, and whether the server's plan includes it. Costs no request.")
    def capabilities(self, info: Info) -> list[Capability]:
        schema = info.schema._schema  # noqa: SLF001  # Strawberry shows it in no other way
        return capabilities(schema, info.context.client.gate)

    @resolved("Indicators of the market as a whole.")
    def indicators(self) -> Indicators:
        return Indicators()

    @resolved("What is left of the quota of requests a minute. Costs no request.")
    def quota(self, info: Info) -> Quota:
        info.context.validity.never()
        return Quota.of(info.context.client)
