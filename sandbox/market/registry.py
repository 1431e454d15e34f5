"""The model of every endpoint.

A module of models has a mapping `MODELS` of endpoints to functions. Such a function takes the query, whose parameters
CoinGlass would accept, and a context, and returns the `data` of the answer in the types and units of the documented
sample. It applies `page` and `per_page` itself, with `page_of`, so that it makes only the rows of that page.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan
from sandbox.market import (
    bitcoin_cycle,
    bitcoin_holders,
    bull_peak,
    calendar,
    capital,
    etf,
    etf_quotes,
    exchange_assets,
    futures_funding,
    futures_liquidation_levels,
    futures_liquidations,
    futures_listings,
    futures_markets,
    futures_open_interest,
    futures_order_books,
    futures_positioning,
    futures_prices,
    futures_taker_volume,
    futures_technical,
    grayscale,
    hyperliquid,
    hyperliquid_tiers,
    lending,
    macro,
    news,
    options,
    spot,
    token_unlocks,
    transfers,
)
from sandbox.market.model import Model, ModelContext
from sandbox.windows import Query

_MODULES: tuple[ModuleType, ...] = (
    bitcoin_cycle,
    bitcoin_holders,
    bull_peak,
    calendar,
    capital,
    etf,
    etf_quotes,
    exchange_assets,
    futures_funding,
    futures_liquidation_levels,
    futures_liquidations,
    futures_listings,
    futures_markets,
    futures_open_interest,
    futures_order_books,
    futures_positioning,
    futures_prices,
    futures_taker_volume,
    futures_technical,
    grayscale,
    hyperliquid,
    hyperliquid_tiers,
    lending,
    macro,
    news,
    options,
    spot,
    token_unlocks,
    transfers,
)
MODELS: Mapping[Endpoint, Model] = {endpoint: model for module in _MODULES for endpoint, model in module.MODELS.items()}


def modelled(endpoint: Endpoint, query: Query, plan: Plan, now: int) -> Any:  # noqa: ANN401  # JSON
    """Return the `data` of the modelled market's answer; `now` is in milliseconds."""
    return MODELS[endpoint](query, ModelContext(endpoint, plan, now))
