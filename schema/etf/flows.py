"""Money into and out of exchange-traded funds."""

from enum import Enum
from typing import Annotated

import strawberry

from cg_client.endpoints import etf as api
from graph_types.fields import sparse, value
from payloads.series import DailySeries, DayRow, Days
from resolvers.endpoint_choice import ByAttribute


@strawberry.enum(description="What the funds hold, and where they are listed.")
class ETFAsset(Enum):
    BITCOIN = strawberry.enum_value("BITCOIN", description="Bitcoin, listed in the US.")
    ETHEREUM = strawberry.enum_value("ETHEREUM", description="Ether, listed in the US.")
    SOLANA = strawberry.enum_value("SOLANA", description="Solana, listed in the US.")
    XRP = strawberry.enum_value("XRP", description="XRP, listed in the US.")
    HYPE = strawberry.enum_value("HYPE", description="Hyperliquid, listed in the US.")
    HONG_KONG_BITCOIN = strawberry.enum_value("HONG_KONG_BITCOIN", description="Bitcoin, listed in Hong Kong.")


FLOWS_BY_ASSET = ByAttribute(
    "asset",
    {
        ETFAsset.BITCOIN: api.BITCOIN_FLOWS,
        ETFAsset.ETHEREUM: api.ETHEREUM_FLOWS,
        ETFAsset.SOLANA: api.SOLANA_FLOWS,
        ETFAsset.XRP: api.XRP_FLOWS,
        ETFAsset.HYPE: api.HYPE_FLOWS,
        ETFAsset.HONG_KONG_BITCOIN: api.HONG_KONG_BITCOIN_FLOWS,
    },
)


@strawberry.type(description="Flow of one fund on one day.")
class TickerFlow:
    ticker: Annotated[str, value("Ticker of the fund.")]
    flow_usd: Annotated[float | None, sparse("Net flow, in US dollars; null where the fund reported none.")]


@strawberry.type(description="Flows of all funds on one day.")
class ETFFlow(DayRow):
    flow_usd: Annotated[float | None, value("Net flow of all funds, in US dollars.")]
    price_usd: Annotated[float | None, sparse("Price of the asset that day, in US dollars.")]
    by_ticker: Annotated[list[TickerFlow] | None, value("Flow of each fund.")]


@strawberry.type(description="Flows of exchange-traded funds, by day.")
class ETFFlows(DailySeries, Days[ETFFlow], rows_only=("by_ticker",)): ...
