"""What is seen on the chains: balances of exchanges, large transfers, tokens to be unlocked."""

from datetime import timedelta

from cg_client.decoding.shapes import ParallelLists, Record
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import PageParams
from cg_client.params.funds_and_chain import (
    ExchangePage,
    ExchangeTransfersParams,
    TokenOfChain,
    VestedCoin,
    WhaleTransfersParams,
)
from cg_client.plans.plan_table import Plan

EXCHANGE_ASSETS = Endpoint(
    path="/api/exchange/assets",
    summary="Wallets of an exchange and what they hold.",
    params=ExchangePage,
    refresh=timedelta(hours=1),
    aliases={
        "address": "wallet_address",
        "quantity": "balance",
        "usd": "balance_usd",
        "name": "assets_name",
        "price_usd": "price",
    },
)
BALANCE_LIST = Endpoint(
    path="/api/exchange/balance/list",
    summary="What exchanges hold of a coin.",
    params=TokenOfChain,
    refresh=timedelta(hours=1),
    aliases={
        "exchange": "exchange_name",
        "quantity": "total_balance",
        "change_1d": "balance_change_1d",
        "change_percent_1d": "balance_change_percent_1d",
        "change_7d": "balance_change_7d",
        "change_percent_7d": "balance_change_percent_7d",
        "change_30d": "balance_change_30d",
        "change_percent_30d": "balance_change_percent_30d",
    },
)
BALANCE_CHART = Endpoint(
    path="/api/exchange/balance/chart",
    summary="What exchanges held of a coin over time.",
    params=TokenOfChain,
    shape=ParallelLists(),
)
EXCHANGE_TRANSFERS = Endpoint(
    path="/api/exchange/chain/tx/list",
    summary="Transfers of ERC-20 tokens into and out of exchanges, on Ethereum.",
    params=ExchangeTransfersParams,
    refresh=REAL_TIME,
    page_rows=100,
    aliases={
        "hash": "transaction_hash",
        "symbol": "asset_symbol",
        "usd": "amount_usd",
        "quantity": "asset_quantity",
        "exchange": "exchange_name",
        "direction": "transfer_type",
        "sender": "from_address",
        "receiver": "to_address",
        "time": "transaction_time",  # seconds
    },
)
WHALE_TRANSFERS = Endpoint(
    path="/api/chain/v2/whale-transfer",
    summary="Transfers of 10 million US dollars and more, of the last six months.",
    params=WhaleTransfersParams,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "hash": "transaction_hash",
        "symbol": "asset_symbol",
        "usd": "amount_usd",
        "quantity": "asset_quantity",
        "sender": "from",
        "receiver": "to",
        "chain": "blockchain_name",
        "time": "block_timestamp",  # seconds
    },
)
UNLOCKS = Endpoint(
    path="/api/coin/unlock-list",
    summary="Coins of which a part is locked, with their next unlock.",
    params=PageParams,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "logo_url": "symbol_logo_url",
        "price_usd": "price",
        "market_cap_usd": "market_cap",
        "fully_diluted_usd": "fully_diluted_valuation",
        "total_quantity": "total_supply",
        "circulating_quantity": "circulating_supply",
        "locked_quantity": "total_locked",
        "unlocked_quantity": "total_unlocked",
    },
)
VESTING = Endpoint(
    path="/api/coin/vesting",
    summary="How a coin's supply is allotted, and when it is unlocked.",
    params=VestedCoin,
    shape=Record(),
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "market_cap_usd": "market_cap",
        "fully_diluted_usd": "fully_diluted_valuation",
        "total_quantity": "total_supply",
        "max_quantity": "max_supply",
        "circulating_quantity": "circulating_supply",
        "locked_quantity": "total_locked",
        "unlocked_quantity": "total_unlocked",
        "untracked_quantity": "total_untracked",
        "untracked_percent": "total_untracked_percent",
        "listed": "listing_date",
        "starts": "vesting_start_date",
        "ends": "vesting_end_date",
        "time": "date",
        "points": "chart",
    },
)
