"""Lists over the whole market."""

import strawberry

from cg_client.endpoints import futures
from resolvers.field import upstream
from schema.futures.liquidation import LiquidationsByExchange, LiquidationsByExchangeResult


@strawberry.type(description="Lists over the whole market.")
class Markets:
    liquidations_by_exchange: LiquidationsByExchangeResult = upstream(
        futures.liquidation.EXCHANGE_LIST,
        LiquidationsByExchange,
        description="Liquidations on each exchange, of one coin or of all together.",
    )
