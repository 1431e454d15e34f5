"""Futures: which coins, exchanges and instruments there are."""

from collections.abc import Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, FUTURES_PAIRS
from sandbox.windows import Query

_FULL_LEVERAGE = range(2)  # ranks of the coins with the exchange's largest leverage


def coins(_query: Query, _context: ModelContext) -> list[str]:
    return list(COINS)


def exchanges(_query: Query, _context: ModelContext) -> list[str]:
    return list(FUTURES_EXCHANGES)


def pairs(_query: Query, _context: ModelContext) -> dict[str, list[Row]]:
    listing: dict[str, list[Row]] = {exchange: [] for exchange in FUTURES_EXCHANGES}
    for pair in FUTURES_PAIRS:
        exchange = FUTURES_EXCHANGES[pair.exchange]
        row = {
            "instrument_id": pair.symbol,
            "base_asset": pair.base,
            "quote_asset": pair.quote,
            "settlement_currency": pair.base if pair.is_coin_margined else pair.quote,
            "max_leverage": exchange.max_leverage // (1 if COINS[pair.base].rank in _FULL_LEVERAGE else 2),
            "funding_interval": exchange.funding_hours,
            "price_tick_size": float(f"1e-{COINS[pair.base].decimals}"),
        }
        listing[pair.exchange].append(row)
    return listing


def delisted_pairs(_query: Query, _context: ModelContext) -> dict[str, list[dict[str, str]]]:
    """Return quarterly contracts that have expired."""
    expired = [("BTC", "250328"), ("ETH", "250328"), ("BTC", "250627"), ("ETH", "250627")]
    binance = [(f"{coin}USD_{date}", coin) for coin, date in expired]
    okx = [(f"{coin}-USD-{date}", coin) for coin, date in expired]
    return {
        exchange: [{"instrument_id": code, "base_asset": coin, "quote_asset": "USD"} for code, coin in codes]
        for exchange, codes in (("Binance", binance), ("OKX", okx))
    }


MODELS: Mapping[Endpoint, Model] = {
    futures.market.SUPPORTED_COINS: coins,
    futures.market.SUPPORTED_EXCHANGES: exchanges,
    futures.market.SUPPORTED_PAIRS: pairs,
    futures.market.DELISTED_PAIRS: delisted_pairs,
}
