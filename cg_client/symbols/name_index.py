"""Listed names, and which of them a caller means.

A name is looked for as it stands, then in another case, then by its letters and digits alone, then by what it is an
alias of. The first of these that finds something decides; between two names nothing is chosen, both are suggested.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

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

MAX_LENGTH = 64  # of a name that is looked for in more ways than as it stands; no listed name is near that long

_SHOWN = 60  # letters of a name in a message
_FIELDS = {Market.FUTURES: "`pair`", Market.SPOT: "`spotPair`"}


class NameIndex:
    """Listed names of one kind."""

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        self.kind = kind
        self.names = tuple(dict.fromkeys(names))
        self._exact = frozenset(self.names)

    def find(self, asked: str) -> str | None:
        """Return the one name that is meant, if there is one."""
        found = self._matches(asked)
        return found[0] if len(found) == 1 else None

    def require(self, asked: str) -> str:
        """Return the one name that is meant. Raises UnknownName with the likely ones."""
        if asked in self._exact:
            return asked
        found = self._matches(asked)
        if not found:
            raise UnknownName(f"CoinGlass lists no {self.kind} {shown(asked)}.", self.near(asked))
        return only(found, asked, "CoinGlass")

    def near(self, asked: str) -> list[str]:
        """Return what may be meant instead, the likely one first."""
        return self._suggestions(asked) if len(asked) <= MAX_LENGTH else []

    def _matches(self, asked: str) -> Sequence[str]:
        return self._literal(asked) or ([] if len(asked) > MAX_LENGTH else self._aliased(asked))

    def _literal(self, asked: str) -> Sequence[str]:
        if asked in self._exact:
            return [asked]
        if len(asked) > MAX_LENGTH:
            return []
        folded = self._by_folded.get(fold(asked), [])
        return [name for name in folded if name.lower() == asked.lower()] or folded

    def _aliased(self, asked: str) -> Sequence[str]:  # noqa: ARG002  # only some kinds of names have aliases
        return []

    def _suggestions(self, asked: str) -> list[str]:
        near = (name for folded in self._similar.near(fold(asked)) for name in self._by_folded[folded])
        return list(near)[:MAX_SUGGESTIONS]

    @cached_property
    def _by_folded(self) -> dict[str, list[str]]:
        return _grouped((fold(name), name) for name in self.names)

    @cached_property
    def _similar(self) -> SimilarNames:
        return SimilarNames(self._by_folded)


class CoinIndex(NameIndex):
    """Coins, by the other tickers of the same unit too."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("coin", names)

    def _aliased(self, asked: str) -> Sequence[str]:
        return self._of_unit(unit_of(letters_of(asked)))

    def _of_unit(self, unit: CoinUnit) -> Sequence[str]:
        return [name for name in self._by_coin.get(unit.coin, []) if unit_of(letters_of(name)) == unit]

    def _suggestions(self, asked: str) -> list[str]:
        other_units = self._by_coin.get(unit_of(letters_of(asked)).coin, [])
        possible = self._of_unit(possible_unit(letters_of(asked)))
        return list(dict.fromkeys([*other_units, *possible, *super()._suggestions(asked)]))[:MAX_SUGGESTIONS]

    @cached_property
    def _by_coin(self) -> dict[str, list[str]]:
        return _grouped((unit_of(letters_of(name)).coin, name) for name in self.names)


class Venue(NamedTuple):
    """An exchange, or its contracts with one kind of margin."""

    name: str
    margin: Margin | None = None


class ExchangeIndex(NameIndex):
    """Exchanges, by earlier names and with words like "futures" after them too.

    `market`: what is looked up on these exchanges; None for the exchange as such.
    """

    def __init__(self, names: Iterable[str], market: Market | None = None) -> None:
        super().__init__("exchange", names)
        self._market = market

    def locate(self, asked: str) -> Venue:
        """Return the exchange, or the part of it, that is meant. Raises UnknownName."""
        if literal := self._literal(asked):
            return Venue(only(literal, asked, "CoinGlass"))
        reading = self._reading(asked)
        if reading is None:
            raise UnknownExchange(f"CoinGlass lists no exchange {shown(asked)}.", self.near(asked), asked)
        name = only(self._listed(reading), asked, "CoinGlass")
        self._check_market(asked, name, reading)
        return Venue(name, reading.margin)

    def require(self, asked: str) -> str:
        """As `locate`, for what takes whole exchanges only."""
        name, margin = self.locate(asked)
        if margin is not None and self._market is not None:
            raise UnknownName(
                f"{shown(asked)} names only what is {margin.value} on {name}: name {name} itself.", [name]
            )
        return name

    def _matches(self, asked: str) -> Sequence[str]:
        reading = self._reading(asked)
        return self._literal(asked) or (self._listed(reading) if reading else [])

    def _reading(self, asked: str) -> ExchangeReading | None:
        """How the name is read as that of a listed exchange, with as many words of it as possible."""
        readings = exchange_readings(asked) if len(asked) <= MAX_LENGTH else []
        return next((one for one in readings if len(one.markets) <= 1 and self._listed(one)), None)

    def _listed(self, reading: ExchangeReading) -> Sequence[str]:
        aliases = sorted(same_exchange(reading.name))
        return self._by_folded.get(reading.name) or [name for one in aliases for name in self._by_folded.get(one, [])]

    def _check_market(self, asked: str, name: str, reading: ExchangeReading) -> None:
        for market in reading.markets:
            if self._market not in {None, market}:
                raise UnknownName(f"{shown(asked)} names {market.value} pairs: {_FIELDS[market]} finds them.", [name])


def shown(name: str) -> str:
    """Return a name as a message repeats it: shortened."""
    return repr(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def only(likely: Sequence[str], asked: str, lister: str) -> str:
    """Return the one name; raises UnknownName where there are several, which stand with the likely one first."""
    if len(likely) == 1:
        return likely[0]
    suggestions = list(likely[:MAX_SUGGESTIONS])
    more = f" and {len(likely) - MAX_SUGGESTIONS} more" if len(likely) > MAX_SUGGESTIONS else ""
    raise UnknownName(f"{shown(asked)} is ambiguous: {lister} lists {', '.join(suggestions)}{more}.", suggestions)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in pairs:
        if key:
            groups.setdefault(key, []).append(value)
    return groups
