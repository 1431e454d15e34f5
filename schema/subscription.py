"""The root of subscriptions: CoinGlass' channels, and series and lists that update themselves."""

import strawberry

from live.polled_field import Parent, polled
from payloads.updates import Event
from resolvers.arguments import argument
from resolvers.context import Info
from schema.coin import Coin
from schema.etf.funds import ETF
from schema.etf.series import ETFAsset, ETFFlows
from schema.futures.funding_rate import CurrentFundingRates, FundingSeries
from schema.futures.liquidation import Liquidations
from schema.futures.long_short import LongShortSeries
from schema.futures.market import PriceSeries
from schema.futures.open_interest import OISeries
from schema.futures.order_book import Orderbook
from schema.futures.taker_volume import TakerVolumeSeries
from schema.indicators.market import FearGreedIndex
from schema.indicators.root import Indicators
from schema.live.channels import FUTURES_TICKER, FUTURES_TRADES, LIQUIDATIONS, SPOT_TRADES
from schema.live.coin_markets import COIN_MARKETS, CoinMarkets
from schema.live.events import LiveLiquidations, LiveTickers, LiveTrades
from schema.live.names import EXCHANGE, SYMBOL
from schema.pair import Pair
from schema.spot_pair import SpotPair

_COIN = argument("coin", str, "Ticker in any case, e.g. `BTC` or `XBT`.")
_ASSET = argument("asset", ETFAsset, "What the funds hold, e.g. `BTC`.")


async def _etf(_: Info, asset: ETFAsset) -> ETF:
    return ETF(asset=asset)


async def _indicators(_: Info) -> Indicators:
    return Indicators()


async def _coin(info: Info, coin: str) -> Coin:
    return await Coin.find(info, coin)


_PAIR = Parent(Pair, [EXCHANGE, SYMBOL], Pair.find, ["exchange", "symbol"])
_SPOT_PAIR = Parent(SpotPair, [EXCHANGE, SYMBOL], SpotPair.find, ["exchange", "symbol"])
_ONE_COIN = Parent(Coin, [_COIN], _coin, ["symbol"])
_FUNDS = Parent(ETF, [_ASSET], _etf, ["asset"])
_MARKET = Parent(Indicators, [], _indicators, [])


@strawberry.type(
    description="Streams, one for each subscription. Each event is an update, a status of the stream, or a problem. "
    "`liquidationOrders`, `futuresTrades`, `spotTrades` and `futuresTicker` send events as they come from CoinGlass. "
    "The others are polled: they come whole at first, then as the rows that are new or have changed."
)
class Subscription:
    liquidation_orders: Event[LiveLiquidations] = LIQUIDATIONS
    futures_trades: Event[LiveTrades] = FUTURES_TRADES
    spot_trades: Event[LiveTrades] = SPOT_TRADES
    futures_ticker: Event[LiveTickers] = FUTURES_TICKER
    price: Event[PriceSeries] = polled(_PAIR, "price", "The price of a futures pair.")
    spot_price: Event[PriceSeries] = polled(_SPOT_PAIR, "price", "The price of a spot pair.")
    funding_rate: Event[FundingSeries] = polled(_PAIR, "funding_rate", "The funding rate of a futures pair.")
    open_interest: Event[OISeries] = polled(_PAIR, "open_interest", "The open interest of a futures pair.")
    liquidations: Event[Liquidations] = polled(
        _PAIR, "liquidations", "Liquidations of a futures pair, by interval. For single ones see `liquidationOrders`."
    )
    long_short_ratio: Event[LongShortSeries] = polled(
        _PAIR, "long_short_ratio", "The long/short ratio of a futures pair, by accounts or by positions."
    )
    taker_volume: Event[TakerVolumeSeries] = polled(_PAIR, "taker_volume", "The taker volume of a futures pair.")
    orderbook: Event[Orderbook] = polled(_PAIR, "orderbook", "The depth of a futures pair's order book.")
    coin_open_interest: Event[OISeries] = polled(
        _ONE_COIN, "open_interest", "The open interest of a coin, over all exchanges or chosen ones."
    )
    current_funding_rates: Event[CurrentFundingRates] = polled(
        _ONE_COIN, "current_funding_rates", "The current funding rates of a coin on each exchange."
    )
    coin_markets: Event[CoinMarkets] = COIN_MARKETS
    etf_flows: Event[ETFFlows] = polled(_FUNDS, "flows", "Net flows into the funds on one asset, by day.")
    fear_greed: Event[FearGreedIndex] = polled(_MARKET, "fear_greed", "The crypto fear and greed index, by day.")
