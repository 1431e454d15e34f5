"""Lists over the whole market."""

import strawberry

from cg_client.endpoints import futures, spot
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.futures.liquidation import LiquidationsByExchange, LiquidationsByExchangeResult
from schema.futures.netflow import FuturesNetflows, FuturesNetflowsResult, SpotNetflows, SpotNetflowsResult


@strawberry.type(description="Lists over the whole market.")
class Markets:
    liquidations_by_exchange: LiquidationsByExchangeResult = upstream(
        futures.liquidation.EXCHANGE_LIST,
        LiquidationsByExchange,
        description="Liquidations on each exchange, of one coin or of all together.",
    )
    netflows: FuturesNetflowsResult = upstream_paged(futures.netflow.LIST, FuturesNetflows)
    spot_netflows: SpotNetflowsResult = upstream_paged(spot.netflow.LIST, SpotNetflows)
