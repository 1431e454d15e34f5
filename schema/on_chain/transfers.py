"""Transfers on the chains."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from pagination.connections import Paged
from payloads.source import Sourced


@strawberry.enum(description="Which way a transfer went, as seen from the exchange.")
class TransferDirection(Enum):
    IN = strawberry.enum_value("IN", description="Into the exchange.")
    OUT = strawberry.enum_value("OUT", description="Out of the exchange.")
    INTERNAL = strawberry.enum_value("INTERNAL", description="Between wallets of the exchange.")


_DIRECTIONS = {1: TransferDirection.IN, 2: TransferDirection.OUT, 3: TransferDirection.INTERNAL}


@strawberry.type(description="A transfer into, out of or within an exchange.")
class ExchangeTransfer:
    hash: Annotated[str | None, value("Hash of the transaction.")]
    time: Annotated[datetime | None, value("When.")]
    exchange: Annotated[str | None, value("Exchange, as CoinGlass labels it.")]
    direction: Annotated[TransferDirection | None, value("Which way it went.", codes=_DIRECTIONS)]
    symbol: Annotated[str | None, value("Coin.")]
    quantity: Annotated[float | None, sparse("Size, in coins.")]
    usd: Annotated[float | None, sparse("Size, in US dollars.")]
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
    symbol: Annotated[str | None, value("Coin.")]
    quantity: Annotated[float | None, sparse("Size, in coins.")]
    usd: Annotated[float | None, sparse("Size, in US dollars.")]
    sender: Annotated[str | None, sparse("Who sent, as CoinGlass labels them.")]
    receiver: Annotated[str | None, sparse("Who received, as CoinGlass labels them.")]


@strawberry.type(description="Transfers of 10 million US dollars and more.")
class WhaleTransfers(Sourced):
    transfers: list[WhaleTransfer] = strawberry.field(description="The transfers, as CoinGlass orders them.")
