"""The instruments that the sandbox lists: real codes of real exchanges, and no figures.

The documented samples name a handful of instruments only; with them alone no dashboard could be tried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TICKERS = """
BTC ETH SOL XRP DOGE BNB ADA TRX AVAX LINK DOT LTC BCH UNI AAVE SUI APT NEAR ATOM ETC FIL ICP HBAR XLM ARB OP INJ
TIA SEI STX RUNE LDO CRV SNX COMP GRT ALGO VET SAND MANA AXS GALA CHZ ENJ IMX DYDX PEPE WIF BONK ORDI JUP PYTH WLD
FET RENDER TAO ENA ONDO TON KAS
"""
COINS = tuple(_TICKERS.split())

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
    exchange: str
    symbol: str
    base: str
    quote: str

    def row(self) -> dict[str, object]:
        """As the listing endpoints give it."""
        return {"instrument_id": self.symbol, "base_asset": self.base, "quote_asset": self.quote}


def _listed(codes: Mapping[str, Mapping[str, str]]) -> Iterator[Listed]:
    for exchange, quotes in codes.items():
        for coin in COINS:
            for quote, code in quotes.items():
                yield Listed(exchange, code.format(coin), coin, quote)


FUTURES = tuple(_listed(_FUTURES))
SPOT = tuple(_listed(_SPOT))


def listed(path: str) -> tuple[Listed, ...]:
    """The instruments that an endpoint knows."""
    return SPOT if path.startswith("/api/spot/") else FUTURES
