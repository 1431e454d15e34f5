"""Exchange-traded funds and their figures."""

from cg_client.endpoint import REAL_TIME, Endpoint

BITCOIN_LIST = Endpoint(
    path="/api/etf/bitcoin/list",
    summary="The US spot bitcoin funds, with price, assets and holdings.",
    refresh=REAL_TIME,
    spelling={
        "name": "fund_name",
        "cik": "cik_code",
        "kind": "fund_type",
        "listed": "list_date",
        "holdings": "asset_details",
        "quantity": "btc_holding",
        "change_24h": "btc_change_24h",
        "change_percent_24h": "btc_change_percent_24h",
        "change_7d": "btc_change_7d",
        "change_percent_7d": "btc_change_percent_7d",
        "updated": "update_timestamp",
    },
)
