"""Exchange-traded funds and their figures."""

from cg_client.endpoint import REAL_TIME, Endpoint

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
