"""Exchange-traded funds: lists, flows, net assets, premiums, and single funds."""

from datetime import timedelta

from cg_client.decoding.shapes import Record, Tuples
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.funds_and_chain import FundOrAll, FundParams, FundPeriod

# Live answers have other names than the documented ones since May 2025; `net_asset_value_usd`, which was a share's
# until then, is the fund's total. The documented answer has neither market capitalisation nor price.
BITCOIN_LIST = Endpoint(
    path="/api/etf/bitcoin/list",
    summary="The US spot bitcoin funds, with price, assets and holdings.",
    refresh=REAL_TIME,
    may_lack=frozenset({"market_cap_usd", "price_usd"}),
    undocumented_units=frozenset({"net_asset_value_usd"}),
    aliases={
        "name": "fund_name",
        "cik": "cik_code",
        "kind": "fund_type",
        "listed": "list_date",
        "market_cap_usd": ("market_cap_usd", "market_cap"),
        "price_usd": ("price_usd", "price"),
        "holdings": "asset_details",
        "quantity": ("holding_quantity", "btc_holding"),
        "change_24h": ("change_quantity_24h", "btc_change_24h"),
        "change_percent_24h": ("change_percent_24h", "btc_change_percent_24h"),
        "change_7d": ("change_quantity_7d", "btc_change_7d"),
        "change_percent_7d": ("change_percent_7d", "btc_change_percent_7d"),
        "updated": "update_timestamp",
    },
)
# The documented sample has other names; live answers have those of the Bitcoin list.
ETHEREUM_LIST = Endpoint(
    path="/api/etf/ethereum/list",
    summary="The US spot ether funds, with price, assets and holdings.",
    aliases={
        "name": ("name", "fund_name"),
        "cik": "cik_code",
        "kind": ("type", "fund_type"),
        "listed": "list_date",
        "aum_usd": ("aum", "aum_usd"),
        "market_cap_usd": ("market_cap_usd", "market_cap"),
        "price_usd": ("price_usd", "price"),
        "price_change_usd": ("price_change", "price_change_usd"),
        "holdings": ("asset_info", "asset_details"),
        "net_asset_value_usd": ("nav", "net_asset_value_usd"),
        "premium_discount_percent": ("premium_discount", "premium_discount_percent"),
        "quantity": ("holding_quantity", "eth_holding"),
        "change_24h": ("change_quantity_24h", "change_quantity_1d", "eth_change_24h"),
        "change_percent_24h": ("change_percent_24h", "change_percent_1d", "eth_change_percent_24h"),
        "change_7d": ("change_quantity_7d", "eth_change_7d"),
        "change_percent_7d": ("change_percent_7d", "eth_change_percent_7d"),
        "update_date": ("date", "update_date"),
        "updated": ("update_time", "update_timestamp"),
    },
)


_FLOW_ALIASES = {"by_ticker": "etf_flows", "ticker": "etf_ticker"}

BITCOIN_FLOWS = Endpoint(
    path="/api/etf/bitcoin/flow-history",
    summary="Net flows of the US spot bitcoin funds, by day.",
    aliases=_FLOW_ALIASES,
)
ETHEREUM_FLOWS = Endpoint(
    path="/api/etf/ethereum/flow-history",
    summary="Net flows of the US spot ether funds, by day.",
    aliases=_FLOW_ALIASES,
)
SOLANA_FLOWS = Endpoint(
    path="/api/etf/solana/flow-history", summary="Net flows of the US spot SOL funds, by day.", aliases=_FLOW_ALIASES
)
XRP_FLOWS = Endpoint(
    path="/api/etf/xrp/flow-history", summary="Net flows of the US spot XRP funds, by day.", aliases=_FLOW_ALIASES
)
# Not in CoinGlass' repositories, but in a later copy of its documentation and in public clients.
HYPE_FLOWS = Endpoint(
    path="/api/etf/hype/flow-history", summary="Net flows of the US spot HYPE funds, by day.", aliases=_FLOW_ALIASES
)
HONG_KONG_BITCOIN_FLOWS = Endpoint(
    path="/api/hk-etf/bitcoin/flow-history",
    summary="Net flows of the Hong Kong bitcoin funds, by day.",
    aliases=_FLOW_ALIASES,
)
BITCOIN_NET_ASSETS = Endpoint(
    path="/api/etf/bitcoin/net-assets/history",
    summary="Net assets of all US spot bitcoin funds together, or of one, by day.",
    params=FundOrAll,
)
ETHEREUM_NET_ASSETS = Endpoint(
    path="/api/etf/ethereum/net-assets/history",
    summary="Net assets of all US spot ether funds together, by day.",
    may_lack=frozenset({"price_usd"}),  # documented, and in no live answer that was seen
)
# With a ticker the rows are flat, without one each row is a day with the list of its funds.
BITCOIN_PREMIUMS = Endpoint(
    path="/api/etf/bitcoin/premium-discount/history",
    summary="Premium or discount of the US spot bitcoin funds to their net asset value, by day.",
    params=FundOrAll,
    shape=Tuples(),
)
FUND_HISTORY = Endpoint(
    path="/api/etf/bitcoin/history",
    summary="Assets, holdings and price of a bitcoin fund, by day.",
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
FUND_PRICE_HISTORY = Endpoint(
    path="/api/etf/bitcoin/price/history",
    summary="Price and volume of a bitcoin fund's shares, as candles.",
    params=FundPeriod,
)
FUND_DETAIL = Endpoint(
    path="/api/etf/bitcoin/detail",
    summary="A bitcoin fund with its latest session, quote and trade.",
    params=FundParams,
    shape=Record(),
)
# A page of the documentation shows another path here by mistake.
FUND_ASSETS = Endpoint(
    path="/api/etf/bitcoin/aum",
    summary="Assets under management of all US spot bitcoin funds together, or of one, by day.",
    params=FundOrAll,
    refresh=timedelta(days=1),
    aliases={"timestamp": "time"},
)
