"""Lists the instruments of the samples: real codes of real exchanges, without figures.

The documented samples name only a few instruments, too few to try out a dashboard.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cg_client.endpoints import futures, spot
from sandbox.market import universe
from sandbox.samples import sample

COINS = tuple(universe.COINS)
FUNDS = ("GBTC", "IBIT", "FBTC")  # whose tickers the samples name

# How each exchange writes the code of a pair, by quote asset.
_FUTURES: Mapping[str, Mapping[str, str]] = {
    "Binance": {"USDT": "{}USDT", "USDC": "{}USDC"},
    "OKX": {"USDT": "{}-USDT-SWAP", "USDC": "{}-USDC-SWAP"},
    "Bybit": {"USDT": "{}USDT"},
    "Bitget": {"USDT": "{}USDT_UMCBL"},
    "Gate": {"USDT": "{}_USDT"},
    "HTX": {"USDT": "{}-USDT"},
    "CoinEx": {"USDT": "{}USDT"},
    "BingX": {"USDT": "{}-USDT"},
    "MEXC": {"USDT": "{}_USDT"},
}
_SPOT: Mapping[str, Mapping[str, str]] = {
    "Binance": {"USDT": "{}USDT", "USDC": "{}USDC"},
    "OKX": {"USDT": "{}-USDT"},
    "Bybit": {"USDT": "{}USDT"},
    "Gate": {"USDT": "{}_USDT"},
    "Coinbase": {"USD": "{}-USD"},
}


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument, with its row as the listing endpoints give it."""

    exchange: str
    symbol: str
    base: str
    quote: str
    row: Mapping[str, Any] = field(compare=False)

    @classmethod
    def of(cls, exchange: str, row: Mapping[str, Any]) -> "Listed":
        return cls(exchange, row["instrument_id"], row["base_asset"], row["quote_asset"], row)


def _all(path: str, codes: Mapping[str, Mapping[str, str]]) -> tuple[Listed, ...]:
    """Return the documented instruments, followed by additional ones with these codes."""
    listing = [Listed.of(exchange, row) for exchange, rows in sample(path)["data"].items() for row in rows]
    for exchange, quotes in codes.items():
        for coin in COINS:
            for quote, code in quotes.items():
                row = {"instrument_id": code.format(coin), "base_asset": coin, "quote_asset": quote}
                listing.append(Listed.of(exchange, row))
    return tuple(dict.fromkeys(listing))


FUTURES = _all(futures.market.SUPPORTED_PAIRS.path, _FUTURES)
SPOT = _all(spot.SUPPORTED_PAIRS.path, _SPOT)


def listed(path: str) -> tuple[Listed, ...]:
    """Return the instruments that an endpoint knows."""
    return SPOT if path.startswith("/api/spot/") else FUTURES
