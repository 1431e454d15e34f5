"""What exchange-traded funds are worth, by day."""

from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf as api
from cg_client.errors import BadArgument
from cg_client.params.funds_and_chain import FundOrAll
from graph_types.fields import sparse, value
from payloads.series import DailySeries, DayRow, Days
from resolvers.endpoint_choice import ByAttribute
from schema.etf.flows import ETFAsset


@dataclass(frozen=True)
class _ByAsset(ByAttribute):
    """Refuses a ticker where CoinGlass takes none, since it would ignore it and answer with all funds together."""

    def pick(self, parent: object, arguments: dict[str, Any]) -> Endpoint:
        endpoint = super().pick(parent, arguments)
        if arguments.get("ticker") is not None and not issubclass(endpoint.params, FundOrAll):
            raise BadArgument("CoinGlass states net assets of single funds for BITCOIN only: leave out `ticker`.")
        return endpoint


NET_ASSETS_BY_ASSET = _ByAsset(
    "asset", {ETFAsset.BITCOIN: api.BITCOIN_NET_ASSETS, ETFAsset.ETHEREUM: api.ETHEREUM_NET_ASSETS}
)


@strawberry.type(description="Net assets on one day: of all funds, or of the one that was requested.")
class ETFNetAssetsDay(DayRow):
    net_assets_usd: Annotated[float | None, value("Net assets, in US dollars.")]
    change_usd: Annotated[float | None, sparse("Change of the net assets, in US dollars.")]
    price_usd: Annotated[float | None, sparse("Price of the asset that day, in US dollars.")]


@strawberry.type(description="Net assets of exchange-traded funds, by day.")
class ETFNetAssets(DailySeries, Days[ETFNetAssetsDay]): ...


@strawberry.type(description="Assets under management on one day.")
class FundAssetsDay(DayRow):
    aum_usd: Annotated[float | None, value("Assets under management, in US dollars.")]


@strawberry.type(description="Assets under management of a fund or of all, by day.")
class FundAssets(DailySeries, Days[FundAssetsDay]): ...
