"""The roots of the graph."""

from typing import Annotated

import strawberry

from cg_client.endpoints import account
from cg_client.endpoints.futures import market
from cg_client.errors import UnknownName
from graph_types.fields import namespace, resolved
from graph_types.problems import Result
from pagination.connections import FIRST, After, Connection, First, page
from resolvers.arguments import blamed_on
from resolvers.context import Info
from resolvers.costs import CONNECTION, listed
from resolvers.field import upstream
from schema.capabilities import Capability, capabilities
from schema.coin import Coin
from schema.coinglass_account import CoinglassAccount, UpstreamQuota
from schema.crypto_news import CryptoNews
from schema.economic_calendar import EconomicCalendar
from schema.etf.funds import ETF
from schema.etf.series import ETFAsset
from schema.exchange import Exchange
from schema.futures.hyperliquid import Hyperliquid
from schema.grayscale import Grayscale
from schema.indicators.root import Indicators
from schema.listing import CoinFilter, ExchangeFilter, required
from schema.markets import Markets
from schema.on_chain import OnChain
from schema.pair import Pair
from schema.sentiment import Sentiment
from schema.spot_pair import SpotPair
from schema.watchlists import MAX_NAMES, PairKey, coins_by_symbol, pairs_by_key

CoinArgument = Annotated[str, strawberry.argument(description="Ticker in any case, e.g. `BTC` or `XBT`.")]
ExchangeArgument = Annotated[str, strawberry.argument(description="Exchange in any case, e.g. `Binance`, `OKEX`.")]
PairArgument = Annotated[
    str,
    strawberry.argument(
        description="The exchange's own code (`BTCUSDT`, `BTC-USDT-SWAP`) in any case, or base and quote (`BTC/USDT`), "
        "also as TradingView (`BTCUSDT.P`) and ccxt (`BTC/USDT:USDT`) write a perpetual contract."
    ),
]
PairKeys = Annotated[
    list[PairKey], strawberry.argument(description=f"The pairs, up to {MAX_NAMES}; repeated ones repeat.")
]
_WATCHLIST = listed(MAX_NAMES)


@strawberry.type(description="CoinGlass: crypto derivatives, spot, options and funds.")
class Query:
    coinglass_account: Result[CoinglassAccount] = upstream(account.SUBSCRIPTION, CoinglassAccount)

    @resolved("A coin by its ticker, with its futures, spot and options markets.")
    def coin(self, info: Info, symbol: CoinArgument) -> Coin | None:
        return Coin.look_up(info, symbol)

    @resolved("Coins with futures markets, in CoinGlass' order, page by page.", **CONNECTION)
    async def coins(
        self,
        info: Info,
        symbols: Annotated[
            list[str] | None,
            strawberry.argument(
                description=f"Only these coins, each once, up to {MAX_NAMES}. With an unknown one the list is an "
                "error; `coinsBySymbol` answers each by itself."
            ),
        ] = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[Coin] | None:
        listing = info.context.symbols.futures_coins
        with blamed_on("symbols"):
            names = await listing.find(lambda index: index.names if symbols is None else required(index, symbols))
        return page(list(dict.fromkeys(names)), str, lambda name: Coin(symbol=name), first, after)

    @resolved("Coins in the order of the arguments, null with an error for each unknown one.", **_WATCHLIST)
    async def coins_by_symbol(
        self,
        info: Info,
        symbols: Annotated[
            list[str], strawberry.argument(description=f"Tickers in any case, up to {MAX_NAMES}; repeated ones repeat.")
        ],
    ) -> list[Coin | None]:
        return await coins_by_symbol(info, symbols)

    @resolved("A futures instrument by its exchange and symbol.")
    def pair(self, info: Info, exchange: ExchangeArgument, symbol: PairArgument) -> Pair | None:
        return Pair.look_up(info, exchange, symbol)

    @resolved("A spot pair by its exchange and symbol.")
    def spot_pair(self, info: Info, exchange: ExchangeArgument, symbol: PairArgument) -> SpotPair | None:
        return SpotPair.look_up(info, exchange, symbol)

    @resolved("Futures instruments, of all exchanges and coins or of some, page by page.", **CONNECTION)
    async def pairs(
        self,
        info: Info,
        exchange: ExchangeFilter = None,
        coin: CoinFilter = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[Pair] | None:
        return await Pair.page(info, exchange, coin, first, after)

    @resolved("Spot pairs, of all exchanges and coins or of some, page by page.", **CONNECTION)
    async def spot_pairs(
        self,
        info: Info,
        exchange: ExchangeFilter = None,
        coin: CoinFilter = None,
        first: First = FIRST,
        after: After = None,
    ) -> Connection[SpotPair] | None:
        return await SpotPair.page(info, exchange, coin, first, after)

    @resolved(
        "Futures instruments in the order of the arguments, null with an error for each unknown one.",
        **listed(MAX_NAMES),
    )
    async def pairs_by_key(self, info: Info, keys: PairKeys) -> list[Pair | None]:
        return await pairs_by_key(info, Pair, keys)

    @resolved("Spot pairs in the order of the arguments, null with an error for each unknown one.", **_WATCHLIST)
    async def spot_pairs_by_key(self, info: Info, keys: PairKeys) -> list[SpotPair | None]:
        return await pairs_by_key(info, SpotPair, keys)

    @resolved("An exchange by its name.")
    async def exchange(self, info: Info, name: ExchangeArgument) -> Exchange | None:
        return await Exchange.find(info, name)

    @resolved("Exchanges with futures markets.", **listed(50))
    async def exchanges(self, info: Info) -> list[Exchange] | None:
        return [Exchange(name=name) for name in (await info.context.symbols.futures_exchanges.get()).names]

    markets = namespace(
        Markets, "Lists over all coins or exchanges: price changes, technical indicators, liquidations, net flows."
    )

    @resolved("Exchange-traded funds on one asset: flows, net assets, and each fund.")
    def etf(
        self, asset: Annotated[ETFAsset, strawberry.argument(description="What the funds hold, e.g. `BTC`.")]
    ) -> ETF:
        return ETF(asset=asset)

    hyperliquid = namespace(Hyperliquid, "Positions, wallets and whales on Hyperliquid.")
    grayscale = namespace(Grayscale, "Holdings and premiums of Grayscale's trusts.")
    on_chain = namespace(OnChain, "On-chain data: balances of exchanges, large transfers, token unlocks.")
    economic_calendar = namespace(
        EconomicCalendar, "The economic calendar: published figures, central banks, other events."
    )
    crypto_news = namespace(CryptoNews, "News about crypto markets: articles and newsflashes.")

    @resolved("Sentiment around a coin: fear and greed, long/short ratio, taker volume.")
    async def sentiment(self, info: Info, coin: CoinArgument = "BTC") -> Sentiment:
        try:
            parent = await Coin.find(info, coin)
        except UnknownName as unknown:
            unknown.argument, unknown.endpoint = "coin", market.SUPPORTED_COINS.path
            info.context.validity.mark_uncacheable()
            return Sentiment(coin=coin, unresolved=unknown)
        return Sentiment(coin=parent.symbol, unresolved=parent.unresolved)

    @resolved("What each field takes, and whether the server's plan includes it. Costs no request.", **listed(300))
    def capabilities(self, info: Info) -> list[Capability]:
        schema = info.schema._schema  # noqa: SLF001  # Strawberry shows it in no other way
        return capabilities(schema, info.context.client.gate)

    indicators = namespace(
        Indicators, "Indices by day: fear and greed, bitcoin's cycle, on-chain and macro indicators."
    )

    @resolved("What is left of the minute's requests to CoinGlass. Costs no request.")
    def upstream_quota(self, info: Info) -> UpstreamQuota:
        info.context.validity.mark_uncacheable()
        return UpstreamQuota.of(info.context.client)
