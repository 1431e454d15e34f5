"""An exchange."""

from typing import Self

import strawberry

from cg_client.endpoints import futures as api
from cg_client.endpoints import on_chain
from cg_client.errors import CoinglassError
from graph_types.fields import resolved
from graph_types.problems import Result
from pagination.connections import FIRST, After, Connection, First
from resolvers.arguments import blamed_on
from resolvers.context import Info
from resolvers.costs import CONNECTION
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.futures.liquidation import LiquidationsByCoin
from schema.listing import CoinFilter
from schema.on_chain import ExchangeAssets
from schema.pair import Pair
from schema.spot_pair import SpotPair


@strawberry.federation.type(keys=["name"], description="An exchange, with its instruments, liquidations and wallets.")
class Exchange:
    """An exchange; `unresolved` is the error of its lookup, for which only its parts are missing."""

    name: str = strawberry.field(description="Name, as CoinGlass labels it.")
    unresolved: strawberry.Private[CoinglassError | None] = None

    liquidations_by_coin: Result[LiquidationsByCoin] = upstream(
        api.liquidation.COIN_LIST,
        LiquidationsByCoin,
        bind={"exchange": "name"},
        alternatives={"Coin.liquidationsByExchange": api.liquidation.EXCHANGE_LIST},
    )
    assets: Result[ExchangeAssets] = upstream_paged(on_chain.EXCHANGE_ASSETS, ExchangeAssets, bind={"exchange": "name"})

    @resolved("Futures instruments of the exchange, page by page.", **CONNECTION)
    async def pairs(
        self, info: Info, coin: CoinFilter = None, first: First = FIRST, after: After = None
    ) -> Connection[Pair] | None:
        return await Pair.page(info, self.name, coin, first, after)

    @resolved("Spot pairs of the exchange, page by page.", **CONNECTION)
    async def spot_pairs(
        self, info: Info, coin: CoinFilter = None, first: First = FIRST, after: After = None
    ) -> Connection[SpotPair] | None:
        return await SpotPair.page(info, self.name, coin, first, after)

    @classmethod
    async def find(cls, info: Info, name: str) -> Self:
        """Look the exchange up; raises UnknownName."""
        try:
            with blamed_on("name"):
                return cls(name=await info.context.symbols.exchange(name))
        except CoinglassError as error:
            info.context.validity.mark_uncacheable()
            return cls(name=name, unresolved=error)

    @classmethod
    async def resolve_reference(cls, info: Info, name: str) -> Self:
        return await cls.find(info, name)
