"""Signs from spot markets and lending: Coinbase's premium, margin on Bitfinex, the price of borrowing."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import CoinSeries, SeriesParams
from cg_client.params.positions import BorrowSeries
from cg_client.plans.plan_table import STANDARD_FLOORS

# The page calls a rate of 0.0261 2.61 %; its own sample, 5.55 US dollars on some 21 200, makes it 0.0261 %.
COINBASE_PREMIUM = Endpoint(
    path="/api/coinbase-premium-index",
    summary="How far bitcoin's price on Coinbase stands above that elsewhere.",
    params=SeriesParams,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
    aliases={
        "premium_usd": "premium",
        "premium_percent": "premium_rate",
        "coinbase_price_usd": "coinbase_price",
    },
    may_lack=frozenset({"coinbase_price"}),  # stated in April 2026, neither documented nor stated before
)
BITFINEX_MARGIN = Endpoint(
    path="/api/bitfinex-margin-long-short",
    summary="Margin longs and shorts of a coin on Bitfinex; there are figures for BTC and ETH.",
    params=CoinSeries,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
)
BORROW_RATE = Endpoint(
    path="/api/borrow-interest-rate/history",
    summary="Interest on a borrowed coin on one exchange.",
    params=BorrowSeries,
    interval_floors=STANDARD_FLOORS,
)
