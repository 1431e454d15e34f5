"""What is seen on the chains: balances of exchanges, large transfers, and supply to be unlocked."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from cg_client.endpoints import on_chain as api
from graph_types.fields import group, sparse, value
from graph_types.problems import Result
from pagination.connections import Paged
from payloads.source import Sourced
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.by_exchange import SeriesByExchange


@strawberry.type(description="What a wallet of an exchange holds of one coin.")
class ExchangeAsset:
    address: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    name: Annotated[str | None, sparse("Name of the coin.")]
    quantity: Annotated[float | None, sparse("Balance, in coins.")]
    usd: Annotated[float | None, sparse("Balance, in US dollars.")]
    price_usd: Annotated[float | None, sparse("Price of the coin, in US dollars.")]


@strawberry.type(description="Wallets of an exchange and what they hold, a page of them.")
class ExchangeAssets(Paged):
    assets: list[ExchangeAsset] = strawberry.field(description="The balances, as CoinGlass orders them.")


@strawberry.type(description="What an exchange holds of a coin.")
class ExchangeBalance:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    quantity: Annotated[float | None, sparse("Balance, in coins.")]
    change_1d: Annotated[float | None, sparse("Change over 1 day, in coins.")]
    change_percent_1d: Annotated[float | None, sparse("Change over 1 day, in percent.")]
    change_7d: Annotated[float | None, sparse("Change over 7 days, in coins.")]
    change_percent_7d: Annotated[float | None, sparse("Change over 7 days, in percent.")]
    change_30d: Annotated[float | None, sparse("Change over 30 days, in coins.")]
    change_percent_30d: Annotated[float | None, sparse("Change over 30 days, in percent.")]


@strawberry.type(description="What exchanges hold of a coin.")
class ExchangeBalances(Sourced):
    exchanges: list[ExchangeBalance] = strawberry.field(description="Each exchange, as CoinGlass orders them.")


@strawberry.type(description="What exchanges held of a coin over time, in coins.")
class ExchangeBalanceHistory(SeriesByExchange): ...


@strawberry.enum(description="Direction of a transfer, as seen from the exchange.")
class TransferDirection(Enum):
    IN = strawberry.enum_value("IN", description="Coins came into the exchange.")
    OUT = strawberry.enum_value("OUT", description="Coins left the exchange.")
    INTERNAL = strawberry.enum_value("INTERNAL", description="Coins moved between wallets of the exchange.")


_DIRECTIONS = {1: TransferDirection.IN, 2: TransferDirection.OUT, 3: TransferDirection.INTERNAL}


@strawberry.type(description="A transfer into, out of or within an exchange.")
class ExchangeTransfer:
    hash: Annotated[str | None, value("Hash of the transaction.")]
    time: Annotated[datetime | None, value("Time of the transaction.")]
    exchange: Annotated[str | None, value("Exchange, as CoinGlass labels it.")]
    direction: Annotated[TransferDirection | None, value("Direction, as seen from the exchange.", codes=_DIRECTIONS)]
    symbol: Annotated[str | None, value("Ticker of the coin, e.g. `BTC`.")]
    quantity: Annotated[float | None, sparse("Coins transferred.")]
    usd: Annotated[float | None, sparse("Value of the transfer, in US dollars.")]
    sender: Annotated[str | None, sparse("Address that sent.")]
    receiver: Annotated[str | None, sparse("Address that received.")]


@strawberry.type(description="Transfers of ERC-20 tokens into and out of exchanges, a page of them.")
class ExchangeTransfers(Paged):
    transfers: list[ExchangeTransfer] = strawberry.field(description="The transfers, as CoinGlass orders them.")


@strawberry.type(description="A transfer of 10 million US dollars or more.")
class WhaleTransfer:
    hash: Annotated[str | None, value("Hash of the transaction.")]
    time: Annotated[datetime | None, value("When its block was made.")]
    chain: Annotated[str | None, sparse("Chain, as CoinGlass names it.")]
    block_height: Annotated[float | None, sparse("Number of the block.")]
    symbol: Annotated[str | None, value("Ticker of the coin, e.g. `BTC`.")]
    quantity: Annotated[float | None, sparse("Coins transferred.")]
    usd: Annotated[float | None, sparse("Value of the transfer, in US dollars.")]
    sender: Annotated[str | None, sparse("Who sent, as CoinGlass labels them.")]
    receiver: Annotated[str | None, sparse("Who received, as CoinGlass labels them.")]


@strawberry.type(description="Transfers of 10 million US dollars and more.")
class WhaleTransfers(Sourced):
    transfers: list[WhaleTransfer] = strawberry.field(description="The transfers, as CoinGlass orders them.")


@strawberry.type(description="Supply of a coin, in coins.")
class TokenSupply:
    total_quantity: Annotated[float | None, sparse("Total supply, in coins.")]
    circulating_quantity: Annotated[float | None, sparse("Circulating supply, in coins.")]
    locked_quantity: Annotated[float | None, sparse("Locked, in coins.")]
    unlocked_quantity: Annotated[float | None, sparse("Unlocked so far, in coins.")]


@strawberry.type(description="The next unlock of a coin.")
class NextUnlock:
    time: Annotated[datetime | None, sparse("Day of the unlock.", source_name="next_unlock_date")]
    quantity: Annotated[float | None, sparse("Coins that are unlocked.", source_name="next_unlock_tokens")]
    of_circulating_percent: Annotated[
        float | None,
        sparse("Size relative to the circulating supply, in percent.", source_name="next_unlock_of_circulating"),
    ]
    of_total_percent: Annotated[
        float | None, sparse("Size relative to the total supply, in percent.", source_name="next_unlock_of_supply")
    ]


@strawberry.type(description="A coin of which a part is locked.")
class TokenUnlock:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    name: Annotated[str | None, sparse("Name of the coin.")]
    logo_url: Annotated[str | None, sparse("Address of its logo.")]
    price_usd: Annotated[float | None, sparse("Price, in US dollars.")]
    price_change_percent_24h: Annotated[float | None, sparse("Change of the price over 24 hours, in percent.")]
    market_cap_usd: Annotated[float | None, sparse("Value of the circulating supply, in US dollars.")]
    fully_diluted_usd: Annotated[float | None, sparse("Fully diluted valuation, in US dollars.")]
    supply: Annotated[TokenSupply, group("Total, circulating, locked and unlocked supply.")]
    next_unlock: Annotated[NextUnlock, group("Day and size of the next unlock.")]


@strawberry.type(description="Coins of which a part is locked, a page of them.")
class TokenUnlocks(Paged):
    coins: list[TokenUnlock] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="An unlock in the future.")
class VestingUnlock:
    time: Annotated[datetime | None, sparse("Day of the unlock.")]
    quantity: Annotated[float | None, sparse("Coins that are unlocked.", source_name="next_unlock_token_amount")]


@strawberry.type(description="A length of time.")
class VestingSpan:
    count: Annotated[float | None, sparse("Number of units.", source_name="value")]
    unit: Annotated[str | None, sparse("Unit, as CoinGlass words it, e.g. `year`.", source_name="type")]


@strawberry.type(description="A part of a coin's supply, and how it is unlocked.")
class VestingAllocation:
    name: Annotated[str, value("Name, as CoinGlass words it.")]
    untracked: Annotated[bool | None, sparse("Whether CoinGlass knows no schedule of it.", source_name="is_untracked")]
    kind: Annotated[str | None, sparse("How it is unlocked, e.g. `linear`.", source_name="unlock_type")]
    share_percent: Annotated[
        float | None, sparse("Share of the supply, in percent.", source_name="allocation_of_supply")
    ]
    quantity: Annotated[float | None, sparse("Size of the part, in coins.", source_name="token_amount")]
    unlocked_quantity: Annotated[
        float | None, sparse("Unlocked so far, in coins.", source_name="unlocked_token_amount")
    ]
    locked_quantity: Annotated[float | None, sparse("Locked, in coins.", source_name="locked_token_amount")]
    launch_quantity: Annotated[
        float | None, sparse("Unlocked at launch, in coins.", source_name="tge_unlocked_token_amount")
    ]
    launch_percent: Annotated[
        float | None, sparse("Share of it unlocked at launch, in percent.", source_name="tge_unlock_percent")
    ]
    starts: Annotated[datetime | None, sparse("Start of the unlocking.")]
    ends: Annotated[datetime | None, sparse("End of the unlocking.")]
    duration: Annotated[VestingSpan, group("Length of the unlocking.", "vesting_duration_{}")]
    frequency: Annotated[VestingSpan, group("Time from unlock to unlock.", "unlock_frequency_{}")]
    next_unlock: Annotated[VestingUnlock | None, sparse("Day and size of the next unlock.")]


@strawberry.type(description="A part of a coin's supply on one day.")
class VestingDayAllocation:
    name: Annotated[str, value("Name, as CoinGlass words it.")]
    quantity: Annotated[float | None, sparse("Size of the part, in coins.", source_name="token_amount")]
    unlocked_quantity: Annotated[
        float | None, sparse("Unlocked by then, in coins.", source_name="unlocked_token_amount")
    ]
    unlocked_percent: Annotated[float | None, sparse("Unlocked by then, in percent of the supply.")]


@strawberry.type(description="What of a coin's supply is unlocked on one day.")
class VestingDay:
    time: Annotated[datetime | None, value("Day that the figures are of.")]
    launch: Annotated[bool | None, sparse("Whether it is the day of the launch.", source_name="is_tge")]
    unlocked_quantity: Annotated[
        float | None, sparse("Unlocked by then, in coins.", source_name="unlocked_token_amount")
    ]
    unlocked_percent: Annotated[float | None, sparse("Unlocked by then, in percent of the supply.")]
    allocations: Annotated[list[VestingDayAllocation] | None, sparse("What of each part is unlocked by then.")]


@strawberry.type(description="How a coin's supply is allotted, and when it is unlocked.")
class Vesting(Sourced):
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    name: Annotated[str | None, sparse("Name of the coin.")]
    market_cap_usd: Annotated[float | None, sparse("Value of the circulating supply, in US dollars.")]
    fully_diluted_usd: Annotated[float | None, sparse("Fully diluted valuation, in US dollars.")]
    supply: Annotated[TokenSupply, group("Total, circulating, locked and unlocked supply.")]
    max_quantity: Annotated[float | None, sparse("Maximum supply, in coins.")]
    untracked_quantity: Annotated[float | None, sparse("Supply without a known schedule, in coins.")]
    untracked_percent: Annotated[float | None, sparse("Supply without a known schedule, in percent.")]
    untracked_allocations: Annotated[
        list[str] | None,
        sparse("Names of the parts without a known schedule.", source_name="untracked_allocation_names"),
    ]
    listed: Annotated[datetime | None, sparse("Day of the listing.")]
    starts: Annotated[datetime | None, sparse("Start of the unlocking.")]
    ends: Annotated[datetime | None, sparse("End of the unlocking.")]
    next_unlock: Annotated[VestingUnlock | None, sparse("Day and size of the next unlock.")]
    allocations: Annotated[list[VestingAllocation] | None, sparse("The parts of the supply.")]
    points: Annotated[list[VestingDay] | None, sparse("The course of the unlocking, as CoinGlass orders it.")]


@strawberry.type(description="On-chain data: balances of exchanges, large transfers, token unlocks.")
class OnChain:
    exchange_balances: Result[ExchangeBalances] = upstream(api.BALANCE_LIST, ExchangeBalances)
    exchange_balance_history: Result[ExchangeBalanceHistory] = upstream(api.BALANCE_CHART, ExchangeBalanceHistory)
    exchange_transfers: Result[ExchangeTransfers] = upstream_paged(api.EXCHANGE_TRANSFERS, ExchangeTransfers)
    whale_transfers: Result[WhaleTransfers] = upstream(
        api.WHALE_TRANSFERS,
        WhaleTransfers,
        alternatives={"OnChain.exchangeTransfers": api.EXCHANGE_TRANSFERS},
    )
    token_unlocks: Result[TokenUnlocks] = upstream_paged(api.UNLOCKS, TokenUnlocks)
    vesting: Result[Vesting] = upstream(api.VESTING, Vesting)
