"""One US spot bitcoin fund."""

from datetime import timedelta

from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.params.funds_and_chain import FundOrAll, FundParams, FundPeriod

HISTORY = Endpoint(
    path="/api/etf/bitcoin/history",
    summary="Assets, holdings and price of a fund, by day.",
    params=FundParams,
    aliases={
        "timestamp": "assets_date",
        "market_time": "market_date",
        "price_usd": "market_price",
        "net_asset_value_usd": "nav",
        "net_assets_usd": "net_assets",
        "premium_discount_percent": "premium_discount",
        "quantity": "btc_holdings",
    },
)
PRICE_HISTORY = Endpoint(
    path="/api/etf/bitcoin/price/history", summary="Price and volume of a fund's shares.", params=FundPeriod
)
DETAIL = Endpoint(
    path="/api/etf/bitcoin/detail",
    summary="A fund with its latest session, quote and trade.",
    params=FundParams,
    shape=Record(),
)
# A page of the documentation shows another path here by mistake.
ASSETS = Endpoint(
    path="/api/etf/bitcoin/aum",
    summary="Assets under management of a fund or of all, by day.",
    params=FundOrAll,
    refresh=timedelta(days=1),
    aliases={"timestamp": "time"},
)
