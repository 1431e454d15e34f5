"""Finds the listed coin or exchange that a caller means.

A name is matched exactly, then in any case, then by its letters and digits alone, then as an alias. The first of these
that matches anything decides; if it matches several names, none is chosen and all are suggested.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from cg_client.errors import UnknownExchange, UnknownName
from cg_client.symbols.aliases import (
    CoinUnit,
    ExchangeReading,
    Margin,
    Market,
    exchange_readings,
    fold,
    letters_of,
    possible_unit,
    same_exchange,
    unit_of,
)
from cg_client.symbols.similar_names import MAX_SUGGESTIONS, SimilarNames

T = TypeVar("T")

MAX_LENGTH = 64  # of a name that is not only matched exactly; no listed name is near that long

_SHOWN = 60  # characters of a name in a message
_FIELDS = {Market.FUTURES: "`pair`", Market.SPOT: "`spotPair`"}


class NameIndex:
    """Listed names of one kind."""

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        self.kind = kind
        self.names = tuple(dict.fromkeys(names))
        self._exact = frozenset(self.names)

    def find(self, name: str) -> str | None:
        """Return the one listed name that is meant, if there is one."""
        matches = self._matches(name)
        return matches[0] if len(matches) == 1 else None

    def require(self, name: str) -> str:
        """Return the one listed name that is meant; raises UnknownName with suggestions."""
        if name in self._exact:
            return name
        matches = self._matches(name)
        if not matches:
            raise UnknownName(f"CoinGlass lists no {self.kind} {shown(name)}.", self.near(name))
        return only(matches, name, "CoinGlass")

    def near(self, name: str) -> list[str]:
        """Return suggestions, the likeliest first."""
        return self._suggestions(name) if len(name) <= MAX_LENGTH else []

    def _matches(self, name: str) -> Sequence[str]:
        return self._literal(name)

    def _literal(self, name: str) -> Sequence[str]:
        if name in self._exact:
            return [name]
        if len(name) > MAX_LENGTH:
            return []
        folded = self._by_folded.get(fold(name), [])
        return [listed for listed in folded if listed.lower() == name.lower()] or folded

    def _suggestions(self, name: str) -> list[str]:
        near = (listed for folded in self._similar.near(fold(name)) for listed in self._by_folded[folded])
        return list(near)[:MAX_SUGGESTIONS]

    @cached_property
    def _by_folded(self) -> dict[str, list[str]]:
        return grouped((fold(name), name) for name in self.names)

    @cached_property
    def _similar(self) -> SimilarNames:
        return SimilarNames(self._by_folded)


class ShortIndex(NameIndex):
    """A few names, all of which are suggested where none is similar."""

    def near(self, name: str) -> list[str]:
        return super().near(name) or list(self.names[:MAX_SUGGESTIONS])


class CoinIndex(NameIndex):
    """Coins, by the other tickers of the same unit too."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("coin", names)

    def _matches(self, name: str) -> Sequence[str]:
        literal = self._literal(name)
        return literal if literal or len(name) > MAX_LENGTH else self._of_unit(unit_of(letters_of(name)))

    def _of_unit(self, unit: CoinUnit) -> Sequence[str]:
        return [listed for listed in self._by_coin.get(unit.coin, []) if unit_of(letters_of(listed)) == unit]

    def _suggestions(self, name: str) -> list[str]:
        other_units = self._by_coin.get(unit_of(letters_of(name)).coin, [])
        possible = self._of_unit(possible_unit(letters_of(name)))
        return list(dict.fromkeys([*other_units, *possible, *super()._suggestions(name)]))[:MAX_SUGGESTIONS]

    @cached_property
    def _by_coin(self) -> dict[str, list[str]]:
        return grouped((unit_of(letters_of(name)).coin, name) for name in self.names)


class Venue(NamedTuple):
    """An exchange, or its contracts with one kind of margin."""

    name: str
    margin: Margin | None = None


class ExchangeIndex(NameIndex):
    """Exchanges, also by earlier names and with words like "futures" after them.

    `market` is what is looked up on these exchanges; None for the exchange as such.
    """

    def __init__(self, names: Iterable[str], market: Market | None = None) -> None:
        super().__init__("exchange", names)
        self._market = market

    def locate(self, name: str) -> Venue:
        """Return the exchange, or the part of it, that is meant; raises UnknownName."""
        if literal := self._literal(name):
            return Venue(only(literal, name, "CoinGlass"))
        reading = self._reading(name)
        if reading is None:
            raise UnknownExchange(f"CoinGlass lists no exchange {shown(name)}.", self.near(name), name)
        exchange = only(self._listed(reading), name, "CoinGlass")
        self._check_market(name, exchange, reading)
        return Venue(exchange, reading.margin)

    def require(self, name: str) -> str:
        """Return the exchange that is meant; raises UnknownName for a part of one."""
        exchange, margin = self.locate(name)
        if margin is not None and self._market is not None:
            raise UnknownName(
                f"{shown(name)} names only what is {margin.value} on {exchange}: name {exchange} itself.", [exchange]
            )
        return exchange

    def _matches(self, name: str) -> Sequence[str]:
        reading = self._reading(name)
        return self._literal(name) or (self._listed(reading) if reading else [])

    def _reading(self, name: str) -> ExchangeReading | None:
        """Read the name as that of a listed exchange, with as many of its words as possible."""
        readings = exchange_readings(name) if len(name) <= MAX_LENGTH else []
        return next((reading for reading in readings if len(reading.markets) <= 1 and self._listed(reading)), None)

    def _listed(self, reading: ExchangeReading) -> Sequence[str]:
        aliases = sorted(same_exchange(reading.name))
        return self._by_folded.get(reading.name) or [
            listed for alias in aliases for listed in self._by_folded.get(alias, [])
        ]

    def _check_market(self, name: str, exchange: str, reading: ExchangeReading) -> None:
        for market in reading.markets:
            if self._market not in {None, market}:
                raise UnknownName(
                    f"{shown(name)} names {market.value} pairs: {_FIELDS[market]} finds them.", [exchange]
                )


def shown(name: str) -> str:
    """Return a name for messages, shortened."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def only(likely: Sequence[str], name: str, lister: str) -> str:
    """Return the one name; raises UnknownName if there are several, which are given with the likeliest first."""
    if len(likely) == 1:
        return likely[0]
    suggestions = list(likely[:MAX_SUGGESTIONS])
    more = f" and {len(likely) - MAX_SUGGESTIONS} more" if len(likely) > MAX_SUGGESTIONS else ""
    raise UnknownName(f"{shown(name)} is ambiguous: {lister} lists {', '.join(suggestions)}{more}.", suggestions)


def grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """Group the values by key, without those whose key is empty."""
    groups: dict[str, list[T]] = {}
    for key, value in pairs:
        if key:
            groups.setdefault(key, []).append(value)
    return groups
