"""What exchanges hold, as their wallets show."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from pagination.connections import Paged
from payloads.source import Sourced
from schema.by_exchange import SeriesByExchange


@strawberry.type(description="What a wallet of an exchange holds of one coin.")
class ExchangeAsset:
    address: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Coin.")]
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
