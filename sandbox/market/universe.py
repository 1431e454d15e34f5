"""The coins, exchanges and instruments of the modelled market: real names and codes with rounded, made-up sizes."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Ticker, price in dollars, circulating supply in millions, volatility a year, open interest in millions of dollars.
_COINS = """
BTC    91400     19.95    0.42  64000
ETH    3040      120.7    0.62  36500
SOL    138       556      0.75   8200
XRP    2.18      60200    0.75   4300
DOGE   0.151     152000   0.85   2300
BNB    884       137.7    0.50   1550
ADA    0.421     36600    0.80    950
TRX    0.279     94700    0.40    260
AVAX   14.4      427      0.85    560
LINK   13.1      697      0.80    720
DOT    2.29      1630     0.80    310
LTC    84        76.6     0.70    450
BCH    525       19.96    0.70    420
UNI    6.1       630      0.85    330
AAVE   189       15.3     0.85    310
SUI    1.54      3690     0.95    980
APT    2.37      742      0.95    170
NEAR   1.86      1280     0.95    240
ATOM   2.47      483      0.85    110
ETC    13.6      154      0.75    140
FIL    1.61      712      0.90    150
ICP    4.05      540      0.95    120
HBAR   0.142     42500    0.90    210
XLM    0.252     32300    0.80    190
ARB    0.211     5600     0.95    180
OP     0.312     1940     0.95    120
INJ    5.8       100      0.95    100
TIA    0.61      860      1.05     90
SEI    0.137     6490     1.00    110
STX    0.297     1810     0.95     45
RUNE   0.64      351      1.00     40
LDO    0.62      890      1.00     85
CRV    0.388     1430     0.95    140
SNX    0.48      343      1.00     30
COMP   32        9.7      0.90     30
GRT    0.046     10500    0.90     35
ALGO   0.139     8820     0.85     70
VET    0.0129    85985    0.85     40
SAND   0.152     2600     0.95     40
MANA   0.161     1920     0.95     30
AXS    0.95      167      1.00     35
GALA   0.0071    46200    1.00     60
CHZ    0.032     10200    0.90     60
ENJ    0.033     1900     1.00     15
IMX    0.302     1990     0.95     35
DYDX   0.194     812      1.00     40
PEPE   0.00000452 420690  1.15    410
WIF    0.371     999      1.20    190
BONK   0.00000958 82300   1.15    120
ORDI   4.35      21       1.05     70
JUP    0.236     3180     1.00    110
PYTH   0.071     5750     1.00     45
WLD    0.602     2470     1.05    230
FET    0.244     2310     1.00    120
RENDER 1.71      519      0.95     80
TAO    271       9.6      0.95    260
ENA    0.256     7830     1.05    290
ONDO   0.488     3160     0.95    160
TON    1.58      2450     0.75    170
KAS    0.0489    26900    0.90     80
HYPE   34.2      334      0.95   1650
"""

# Name, share of open interest, share of volume, of fundings an hour apart, largest leverage, and how many of the
# largest coins it lists.
_FUTURES_EXCHANGES = """
Binance     0.270 0.310 8 125 99
Bybit       0.150 0.140 8 100 99
OKX         0.105 0.125 8 100 99
Gate        0.095 0.075 8 100 99
Bitget      0.085 0.085 8 125 99
CME         0.080 0.020 8   4  4
MEXC        0.055 0.080 8 200 99
Hyperliquid 0.050 0.040 8  40 50
BingX       0.030 0.045 8 150 99
HTX         0.030 0.030 8 200 60
Deribit     0.018 0.010 8  50  3
Bitfinex    0.010 0.004 8 100 20
Kraken      0.008 0.010 8  50 40
CoinEx      0.008 0.020 8 100 60
Bitmex      0.006 0.006 8 100 12
"""

# Name, share of volume, and how many of the largest coins it lists.
_SPOT_EXCHANGES = """
Binance  0.42 99
OKX      0.14 99
Bybit    0.13 99
Coinbase 0.12 50
Gate     0.09 99
Kraken   0.05 40
Bitget   0.04 60
Bitfinex 0.01 20
"""


@dataclass(frozen=True, slots=True)
class CodeFormat:
    """How an exchange writes the code of a pair with one quote asset.

    `share`: of the exchange's trade in a coin, relative to its other quote assets. `coins`: how many of the largest
    have such a pair. `margin`: `stablecoin` or `coin`; spot pairs have none.
    """

    quote: str
    code: str
    share: float = 1.0
    coins: int = 99
    margin: str = "stablecoin"


_FUTURES_CODES: Mapping[str, Sequence[CodeFormat]] = {
    "Binance": (
        CodeFormat("USDT", "{}USDT", 0.82),
        CodeFormat("USDC", "{}USDC", 0.07),
        CodeFormat("USD", "{}USD_PERP", 0.11, 15, "coin"),
    ),
    "Bybit": (CodeFormat("USDT", "{}USDT", 0.88), CodeFormat("USD", "{}USD", 0.12, 8, "coin")),
    "OKX": (
        CodeFormat("USDT", "{}-USDT-SWAP", 0.76),
        CodeFormat("USDC", "{}-USDC-SWAP", 0.06),
        CodeFormat("USD", "{}-USD-SWAP", 0.18, 12, "coin"),
    ),
    "Gate": (CodeFormat("USDT", "{}_USDT", 0.97), CodeFormat("USD", "{}_USD", 0.03, 1, "coin")),
    "Bitget": (CodeFormat("USDT", "{}USDT_UMCBL", 0.92), CodeFormat("USD", "{}USD_DMCBL", 0.08, 6, "coin")),
    "CME": (CodeFormat("USD", "{}"),),
    "MEXC": (CodeFormat("USDT", "{}_USDT"),),
    "Hyperliquid": (CodeFormat("USD", "{}"),),
    "BingX": (CodeFormat("USDT", "{}-USDT"),),
    "HTX": (CodeFormat("USDT", "{}-USDT", 0.80), CodeFormat("USD", "{}-USD", 0.20, 12, "coin")),
    "Deribit": (CodeFormat("USD", "{}-PERPETUAL", margin="coin"),),
    "Bitfinex": (CodeFormat("USDT", "t{}F0:USTF0"),),
    "Kraken": (CodeFormat("USD", "PF_{}USD", 0.80), CodeFormat("USD", "PI_{}USD", 0.20, 5, "coin")),
    "CoinEx": (CodeFormat("USDT", "{}USDT"),),
    "Bitmex": (CodeFormat("USDT", "{}USDT", 0.35), CodeFormat("USD", "{}USD", 0.65, 8, "coin")),
}
_SPOT_CODES: Mapping[str, Sequence[CodeFormat]] = {
    "Binance": (CodeFormat("USDT", "{}USDT", 0.85), CodeFormat("USDC", "{}USDC", 0.15)),
    "OKX": (CodeFormat("USDT", "{}-USDT"),),
    "Bybit": (CodeFormat("USDT", "{}USDT"),),
    "Coinbase": (CodeFormat("USD", "{}-USD"),),
    "Gate": (CodeFormat("USDT", "{}_USDT"),),
    "Kraken": (CodeFormat("USD", "{}USD"),),
    "Bitget": (CodeFormat("USDT", "{}USDT"),),
    "Bitfinex": (CodeFormat("USD", "t{}USD"),),
}

_PRICE_DIGITS = 6  # of a price of today


@dataclass(frozen=True, slots=True)
class ModelCoin:
    """A coin: `price` in US dollars when its path is at its middle, `supply` in coins, `volatility` a year.

    `decimals`: to which its prices are rounded. `rank`: 0 is the coin with the largest open interest.
    """

    symbol: str
    price: float
    supply: float
    volatility: float
    open_interest_usd: float
    decimals: int
    rank: int

    @property
    def is_bitcoin(self) -> bool:
        return self.symbol == "BTC"


@dataclass(frozen=True, slots=True)
class ModelExchange:
    name: str
    open_interest_share: float
    volume_share: float
    coins: int
    funding_hours: int = 8
    max_leverage: int = 1


@dataclass(frozen=True, slots=True)
class ModelPair:
    """An instrument. `weight`: share of the exchange's trade in the coin, relative to its other pairs."""

    exchange: str
    symbol: str
    base: str
    quote: str
    margin: str
    weight: float

    @property
    def is_coin_margined(self) -> bool:
        return self.margin == "coin"


def _decimals(price: float) -> int:
    """Return the decimals that leave a price six digits, so that the smallest steps of a chart are visible."""
    digits, limit = _PRICE_DIGITS, 1.0
    while limit <= price:
        digits, limit = digits - 1, limit * 10
    while limit > 10 * price:
        digits, limit = digits + 1, limit / 10
    return max(1, min(digits, 10))


def _coins() -> dict[str, ModelCoin]:
    rows = [line.split() for line in _COINS.split("\n") if line]
    sizes = sorted((float(row[4]) for row in rows), reverse=True)
    coins = {}
    for symbol, price, supply, volatility, open_interest in rows:
        rank = sizes.index(float(open_interest))
        sizes[rank] = -1.0  # two coins of one size take two ranks
        coins[symbol] = ModelCoin(
            symbol,
            float(price),
            float(supply) * 1_000_000,
            float(volatility),
            float(open_interest) * 1_000_000,
            _decimals(float(price)),
            rank,
        )
    return coins


COINS: Mapping[str, ModelCoin] = _coins()
FUTURES_EXCHANGES: Mapping[str, ModelExchange] = {
    name: ModelExchange(name, float(oi), float(volume), int(coins), int(hours), int(leverage))
    for name, oi, volume, hours, leverage, coins in (line.split() for line in _FUTURES_EXCHANGES.split("\n") if line)
}
SPOT_EXCHANGES: Mapping[str, ModelExchange] = {
    name: ModelExchange(name, 0.0, float(volume), int(coins))
    for name, volume, coins in (line.split() for line in _SPOT_EXCHANGES.split("\n") if line)
}


def _pairs(
    exchanges: Mapping[str, ModelExchange], codes: Mapping[str, Sequence[CodeFormat]], *, is_spot: bool
) -> tuple[ModelPair, ...]:
    return tuple(
        ModelPair(
            name, form.code.format(coin.symbol), coin.symbol, form.quote, "" if is_spot else form.margin, form.share
        )
        for name, exchange in exchanges.items()
        for form in codes[name]
        for coin in COINS.values()
        if coin.rank < min(form.coins, exchange.coins)
    )


FUTURES_PAIRS = _pairs(FUTURES_EXCHANGES, _FUTURES_CODES, is_spot=False)
SPOT_PAIRS = _pairs(SPOT_EXCHANGES, _SPOT_CODES, is_spot=True)
PAIRS: Mapping[tuple[bool, str, str], ModelPair] = {
    (is_spot, pair.exchange, pair.symbol): pair
    for is_spot, pairs in ((False, FUTURES_PAIRS), (True, SPOT_PAIRS))
    for pair in pairs
}


def pair_of(exchange: str, symbol: str, *, is_spot: bool = False) -> ModelPair | None:
    """Return the instrument with the exchange's own code."""
    return PAIRS.get((is_spot, exchange, symbol))


@functools.cache
def pairs_of_coin(symbol: str, *, is_spot: bool = False) -> tuple[ModelPair, ...]:
    return tuple(pair for pair in (SPOT_PAIRS if is_spot else FUTURES_PAIRS) if pair.base == symbol)
