"""Volume of market orders by side."""

from datetime import timedelta

from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.params.core import ExchangesSeriesInUsd, PairSeries
from cg_client.params.positions import CoinTakerRange
from cg_client.plans.plan_table import STANDARD_FLOORS

PAIR_ALIASES = {"buy_usd": "taker_buy_volume_usd", "sell_usd": "taker_sell_volume_usd"}
AGGREGATED_ALIASES = {"buy_usd": "aggregated_buy_volume_usd", "sell_usd": "aggregated_sell_volume_usd"}

HISTORY = Endpoint(
    path="/api/futures/v2/taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a futures pair.",
    params=PairSeries,
    interval_floors=STANDARD_FLOORS,
    aliases=PAIR_ALIASES,
)
AGGREGATED_HISTORY = Endpoint(
    path="/api/futures/aggregated-taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a coin's futures, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    interval_floors=STANDARD_FLOORS,
    aliases=AGGREGATED_ALIASES,
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/taker-buy-sell-volume/exchange-list",
    summary="Taker buy and sell volume of a coin on each exchange.",
    params=CoinTakerRange,
    shape=Record(),
    refresh=timedelta(seconds=1),
    aliases={
        "buy_percent": "buy_ratio",
        "sell_percent": "sell_ratio",
        "buy_usd": "buy_vol_usd",
        "sell_usd": "sell_vol_usd",
        "exchanges": "exchange_list",
    },
)
