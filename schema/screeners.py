"""Lists of current markets that are filtered and ordered: of all coins, and of the pairs of one."""

import strawberry

from cg_client.endpoints import futures, spot
from cg_client.params.core import ChosenExchanges
from graph_types.problems import Result
from pagination.keyset import OrderedConnection
from resolvers.exchanges import named_exchanges
from resolvers.row_filter import Ordering
from resolvers.screener import ScreenedRows, upstream_screened
from schema.futures.market import CoinMarket, PairMarket
from schema.market_rows import coin_markets, pair_markets, spot_coin_markets, spot_pair_markets
from schema.spot_market import SpotCoinMarket, SpotPairMarket


@strawberry.type(description="Current futures markets of coins.")
class CoinMarketConnection(OrderedConnection[CoinMarket]): ...


@strawberry.type(description="Current spot markets of coins.")
class SpotCoinMarketConnection(OrderedConnection[SpotCoinMarket]): ...


@strawberry.type(description="Current markets of futures pairs.")
class PairMarketConnection(OrderedConnection[PairMarket]): ...


@strawberry.type(description="Current markets of spot pairs.")
class SpotPairMarketConnection(OrderedConnection[SpotPairMarket]): ...


COIN_MARKETS: Result[CoinMarketConnection] = upstream_screened(
    futures.market.COINS_MARKETS,
    CoinMarketConnection,
    ScreenedRows(row=CoinMarket, key=("symbol",), order=Ordering(("open_interest", "usd"), descends=True)),
    lambda _, **arguments: coin_markets(**arguments),
    params=ChosenExchanges,
    prepare=named_exchanges,
    alternatives={
        "Coin.pairMarkets": futures.market.PAIRS_MARKETS,
        "Coin.openInterestByExchange": futures.open_interest.EXCHANGE_LIST,
        "Coin.currentFundingRates": futures.funding_rate.EXCHANGE_LIST,
    },
    description="Current futures market of every coin, filtered and in order, over all exchanges or chosen ones.",
)
SPOT_COIN_MARKETS: Result[SpotCoinMarketConnection] = upstream_screened(
    spot.COINS_MARKETS,
    SpotCoinMarketConnection,
    ScreenedRows(row=SpotCoinMarket, key=("symbol",), order=Ordering(("market_cap_usd",), descends=True)),
    lambda _: spot_coin_markets(),
    alternatives={"Coin.spotPairMarkets": spot.PAIRS_MARKETS},
    description="Current spot market of every coin, filtered and in order.",
)
PAIR_MARKETS: Result[PairMarketConnection] = upstream_screened(
    futures.market.PAIRS_MARKETS,
    PairMarketConnection,
    ScreenedRows(row=PairMarket, key=("exchange", "symbol"), order=Ordering(("open_interest", "usd"), descends=True)),
    lambda coin: pair_markets(coin.symbol),
    description="Current markets of the coin's futures pairs, filtered and in order.",
)
SPOT_PAIR_MARKETS: Result[SpotPairMarketConnection] = upstream_screened(
    spot.PAIRS_MARKETS,
    SpotPairMarketConnection,
    ScreenedRows(row=SpotPairMarket, key=("exchange", "name"), order=Ordering(("volume", "usd", "h24"), descends=True)),
    lambda coin: spot_pair_markets(coin.symbol),
    description="Current markets of the coin's spot pairs, filtered and in order.",
)
