"""Aliases: other names of exchanges, words after them, other tickers of coins, and units of coins.

An alias counts only if CoinGlass does not list the name itself, and CoinGlass is always sent the listed name.
"""

import re
from enum import Enum
from typing import NamedTuple

# Names of one exchange, in either direction: CoinGlass may list any of them, and callers may write any.
EXCHANGE_ALIASES = (
    ("OKX", "OKEX"),
    ("HTX", "Huobi", "Huobi Global", "Huobi Pro"),
    ("Gate", "Gate.io"),
    ("Coinbase", "Coinbase Pro", "Coinbase Advanced", "GDAX"),
    ("MEXC", "MXC", "MEXC Global"),
)
COIN_ALIASES = {"xbt": "btc"}  # as folded


class Market(Enum):
    FUTURES = "futures"
    SPOT = "spot"


class Margin(Enum):
    """What a futures contract is margined in, if the name of an exchange says so."""

    STABLECOIN = "stablecoin-margined"
    COIN = "coin-margined"


# Words that may follow the name of an exchange, and the market that each means; longer words come first.
EXCHANGE_WORDS = (
    ("perpetuals", Market.FUTURES),
    ("perpetual", Market.FUTURES),
    ("perps", Market.FUTURES),
    ("perp", Market.FUTURES),
    ("futures", Market.FUTURES),
    ("swaps", Market.FUTURES),
    ("swap", Market.FUTURES),
    ("spot", Market.SPOT),
    ("exchange", None),
)
# Names of a part of an exchange, as folded.
EXCHANGE_PARTS = {
    "binanceusdm": ("binance", Margin.STABLECOIN),
    "binanceusdsm": ("binance", Margin.STABLECOIN),
    "binancecoinm": ("binance", Margin.COIN),
}

_OTHERS = re.compile(r"[\W_]+")
_SAME_EXCHANGE = {
    alias: frozenset(group)
    for group in (tuple(_OTHERS.sub("", name.lower()) for name in names) for names in EXCHANGE_ALIASES)
    for alias in group
}
_THOUSANDS = re.compile(r"k(?=[A-Z][A-Z0-9])")  # in lower case before capitals: KAVA and kava are a coin of their own
_MILLIONS = re.compile(r"1m(?=[a-z]{3})")
_COUNT_BEFORE = re.compile(r"(10{3,6})(?=[a-z][a-z0-9])")
_COUNT_AFTER = re.compile(r"(?<=[a-z]{2})(10{3,6})$")


def fold(text: str) -> str:
    """Return letters and digits only, in lower case."""
    return letters_of(text.lower())


def letters_of(text: str) -> str:
    """Return letters and digits only, in the original case."""
    return text if text.isalnum() else _OTHERS.sub("", text)


def fold_exchange(name: str) -> str:
    """Fold the name of an exchange; "Gate.io" of pairs-markets is "Gate" in other lists."""
    folded = fold(name)
    return "gate" if folded == "gateio" else folded


def same_exchange(folded: str) -> frozenset[str]:
    """Return all folded names of the exchange."""
    return _SAME_EXCHANGE.get(folded, frozenset({folded}))


class ExchangeReading(NamedTuple):
    """One way to read the name of an exchange; without words it is the whole name."""

    name: str
    markets: frozenset[Market] = frozenset()
    margin: Margin | None = None


def exchange_readings(name: str) -> list[ExchangeReading]:
    """Return the whole folded name, and then the name without one word after the other."""
    reading = ExchangeReading(fold(name))
    readings = [reading]
    while shorter := _without_word(reading):
        reading = shorter
        readings.append(reading)
    if reading.name in EXCHANGE_PARTS:
        exchange, margin = EXCHANGE_PARTS[reading.name]
        readings.append(ExchangeReading(exchange, reading.markets | {Market.FUTURES}, margin))
    return readings


def _without_word(reading: ExchangeReading) -> ExchangeReading | None:
    for word, market in EXCHANGE_WORDS:
        rest = reading.name.removesuffix(word)
        if rest and rest != reading.name:
            return ExchangeReading(rest, reading.markets | ({market} if market else frozenset()))
    return None


class CoinUnit(NamedTuple):
    """A coin, as folded, and how many of it are one: `kPEPE`, `1000PEPE` and `PEPE1000` are the same unit."""

    coin: str
    size: int = 1


def unit_of(ticker: str) -> CoinUnit:
    """Return the unit that a ticker names; its letters and digits only, in the original case."""
    if _THOUSANDS.match(ticker):
        return CoinUnit(same_coin(ticker[1:].lower()), 1_000)
    folded = ticker.lower()
    if folded.isalpha():
        return CoinUnit(same_coin(folded))
    if _MILLIONS.match(folded):
        return CoinUnit(same_coin(folded[2:]), 1_000_000)
    if before := _COUNT_BEFORE.match(folded):
        return CoinUnit(same_coin(folded[before.end() :]), int(before[1]))
    if after := _COUNT_AFTER.search(folded):
        return CoinUnit(same_coin(folded[: after.start()]), int(after[1]))
    return CoinUnit(same_coin(folded))


def possible_unit(ticker: str) -> CoinUnit:
    """Return the unit that a ticker may name in another case: what is listed as `1000PEPE` may be written `KPEPE`."""
    return unit_of(f"k{ticker[1:].upper()}" if ticker[:1] in {"k", "K"} else ticker)


def same_coin(folded: str) -> str:
    """Return the usual ticker of a coin."""
    return COIN_ALIASES.get(folded, folded)
