"""Finds the names of the schema that a wrong name may stand for.

Lexical distance alone finds typos. Guesses differ by whole words (`fearAndGreed`), are acronyms (`oi`), or use another
word for the same thing (`timeframe`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

from graphql.pyutils import suggestion_list

MAX_SIMILAR = 5
_LONGEST: Final = 60  # characters of a name that is worth a comparison

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SYNONYMS: Final[Mapping[str, Collection[str]]] = {
    "count": ("last", "first"),
    "limit": ("last", "first"),
    "size": ("last", "first"),
    "timeframe": ("interval", "range"),
    "period": ("window", "interval", "range"),
    "length": ("window",),
    "range": ("interval",),
    "resolution": ("interval",),
    "granularity": ("interval",),
    "start": ("from",),
    "starttime": ("from",),
    "since": ("from",),
    "end": ("to",),
    "endtime": ("to",),
    "until": ("to",),
    "cursor": ("after",),
    "coin": ("symbol", "asset", "coins"),
    "asset": ("symbol", "coin"),
    "base": ("symbol", "coin"),
    "currency": ("symbol", "coin", "asset"),
    "name": ("symbol",),
    "pair": ("symbol",),
    "symbol": ("coin", "asset", "ticker", "name"),
    "ticker": ("symbol", "coin", "asset"),
    "exchange": ("venue", "name"),
    "depth": ("depthPercent", "orderbook"),
    "type": ("kind", "model"),
    "ohlc": ("candles", "price"),
    "ohlcv": ("candles", "price"),
    "kline": ("candles", "price"),
    "klines": ("candles", "price"),
    "candles": ("price",),
    "timestamp": ("time",),
    "date": ("time",),
    "buy": ("buyUsd", "longUsd", "bidsUsd"),
    "sell": ("sellUsd", "shortUsd", "asksUsd"),
    "ratio": ("longShortRatio",),
}
_SUBJECTS: Final[Mapping[str, Collection[str]]] = {  # names of lists, which may be fields of another object
    "gainers": ("priceChanges",),
    "losers": ("priceChanges",),
    "movers": ("priceChanges",),
    "topgainers": ("priceChanges",),
    "toplosers": ("priceChanges",),
    "topmovers": ("priceChanges",),
}


def similar(name: str, options: Collection[str]) -> list[str]:
    """Return the options that the name may stand for, the likeliest first."""
    if len(name) > _LONGEST:
        return []
    ranked = dict.fromkeys([*equivalent(name, options), *_sharing(name, options), *suggestion_list(name, options)])
    return list(ranked)[:MAX_SIMILAR]


def equivalent(name: str, options: Collection[str]) -> list[str]:
    """Return the options that are the name in another case, that it abbreviates, or that mean the same."""
    lower = name.lower()
    same = [option for option in options if option.lower() == lower or _acronym(option) == lower]
    return [*same, *(option for option in _SYNONYMS.get(lower, ()) if option in options)]


def is_subject_of(name: str, option: str) -> bool:
    """Whether the option is the list that the name, of no word in common, asks for: `topMovers` for `priceChanges`."""
    return option in _SUBJECTS.get(name.lower(), ())


def has_words_of(name: str, first: str, second: str) -> bool:
    """Whether the name has the words of both, and no others: `etfFlows` those of `etf` and `flows`."""
    return _words(name) == _words(first) | _words(second)


def contains_words_of(name: str, option: str) -> bool:
    """Whether the name contains the words of the option, which are several."""
    return len(_words(option)) > 1 and _words(option) <= _words(name)


def _sharing(name: str, options: Iterable[str]) -> list[str]:
    """Return the options that share all words of one of both names, or several; those with fewest others first."""
    words = _words(name)
    pairs = [(option, _words(option)) for option in options]
    sharing = [
        (len(words ^ others), option)
        for option, others in pairs
        if words & others and (words <= others or others <= words or len(words & others) > 1)
    ]
    return [option for _, option in sorted(sharing, key=lambda item: item[0])]


@lru_cache(4096)
def _words(name: str) -> frozenset[str]:
    """Return the words of a name in camel case or with underscores, in lower case and in the singular."""
    return frozenset(word.lower().removesuffix("s") for word in _WORD.findall(name))


@lru_cache(4096)
def _acronym(name: str) -> str:
    words = _WORD.findall(name)
    return "".join(word[0].lower() for word in words) if len(words) > 1 else name.lower()
