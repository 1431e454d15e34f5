"""Finding the instrument that a caller means, among those that an exchange lists. Pure: no requests here.

A caller may write the exchange's own code in any case, or base and quote with or without a separator, or with a
settlement asset (`BTC/USDT:USDT`). Dated contracts are only found by their own code, and of several that
fit the one wins whose code is nothing but base and quote.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cg_client.call import Decode
from cg_client.errors import UnknownName
from cg_client.struct_reader import struct_decoder

_SUGGESTIONS = 5
_SIMILARITY = 0.6
_SPELLINGS_AT_MOST = 10_000  # that are remembered
# Lists that name an exchange differently from the others, as folded: pairs-markets says "Gate.io", the rest "Gate".
_EXCHANGE_ALIASES = {"gateio": "gate"}
_SEPARATED = re.compile(r"^([^\W_]+)[-/_ ]([^\W_]+)(?::([^\W_]+))?$")


class _Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As CoinGlass lists it, below its exchange."""

    symbol: str = msgspec.field(name="instrument_id")
    base: str = msgspec.field(name="base_asset")
    quote: str = msgspec.field(name="quote_asset")
    settlement: str | None = msgspec.field(name="settlement_currency", default=None)
    max_leverage: float | None = None
    funding_interval_hours: float | None = msgspec.field(name="funding_interval", default=None)
    price_tick_size: float | None = None


class Instrument(_Listed, frozen=True, kw_only=True):
    """A pair of one exchange; the last four are stated for futures only, and not always."""

    exchange: str


def _by_exchange(listing: Mapping[str, Sequence[_Listed]]) -> Mapping[str, tuple[Instrument, ...]]:
    return {
        exchange: tuple(Instrument(exchange=exchange, **msgspec.structs.asdict(one)) for one in found)
        for exchange, found in listing.items()
    }


# The instruments by exchange; raise PayloadMismatch.
decode_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = struct_decoder(
    dict[str, list[_Listed]], _by_exchange
)
decode_spot_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = struct_decoder(
    dict[str, list[_Listed]],
    _by_exchange,
    may_lack=frozenset({"settlement_currency", "max_leverage", "funding_interval", "price_tick_size"}),
)


def fold(text: str) -> str:
    """Letters and digits only, in lower case."""
    return "".join(character for character in text.lower() if character.isalnum())


def fold_exchange(name: str) -> str:
    folded = fold(name)
    return _EXCHANGE_ALIASES.get(folded, folded)


class NameIndex:
    """Names by their folded form."""

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        self.kind = kind
        self.names = tuple(dict.fromkeys(names))
        self._exact = frozenset(self.names)
        self._by_folded = {fold_exchange(name): name for name in reversed(self.names) if fold_exchange(name)}

    def find(self, asked: str) -> str | None:
        return asked if asked in self._exact else self._by_folded.get(fold_exchange(asked))

    def require(self, asked: str) -> str:
        """Raises UnknownName with the nearest names."""
        found = self.find(asked)
        if found is None:
            raise UnknownName(f"CoinGlass lists no {self.kind} {asked!r}.", self.near(asked))
        return found

    def near(self, asked: str) -> list[str]:
        close = difflib.get_close_matches(fold_exchange(asked), self._by_folded, _SUGGESTIONS, _SIMILARITY)
        return [self._by_folded[name] for name in close]


class InstrumentIndex:
    """The instruments of all exchanges, futures or spot."""

    def __init__(self, listing: Mapping[str, tuple[Instrument, ...]]) -> None:
        self.listing = listing
        self.exchanges = NameIndex("exchange", listing)
        self.coins = NameIndex("coin", (one.base for found in listing.values() for one in found))
        self._codes = {exchange: {one.symbol: one for one in found} for exchange, found in listing.items()}
        self._found: dict[tuple[str, str], Instrument] = {}  # by what callers wrote

    def find(self, exchange: str, symbol: str) -> Instrument:
        """The one instrument that the caller can mean; raises UnknownName where there is none or several."""
        known = self._found.get((exchange, symbol))
        if known is None:
            known = self._search(exchange, symbol)
            if len(self._found) >= _SPELLINGS_AT_MOST:
                self._found.clear()
            self._found[exchange, symbol] = known
        return known

    def _search(self, exchange: str, symbol: str) -> Instrument:
        venue = self.exchanges.require(exchange)
        exact = self._codes[venue].get(symbol)
        candidates = [exact] if exact else self._candidates(venue, symbol)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            codes = sorted(one.symbol for one in candidates)
            raise UnknownName(f"{symbol!r} is ambiguous on {venue}: {', '.join(codes)}.", codes[:_SUGGESTIONS])
        raise UnknownName(f"{venue} lists no pair {symbol!r}.", self._near(venue, symbol))

    def venues_of(self, coin: str) -> tuple[str, ...]:
        """The exchanges that list the coin, in alphabetical order."""
        return tuple(sorted(venue for venue, found in self.listing.items() if any(one.base == coin for one in found)))

    def _candidates(self, venue: str, symbol: str) -> list[Instrument]:
        listed = self.listing[venue]
        wanted = fold(symbol)
        by_code = [one for one in listed if fold(one.symbol) == wanted]
        if by_code:
            return by_code
        undated = [one for one in listed if _is_undated(one)]
        separated = _SEPARATED.match(symbol.strip())
        if separated:
            found = [one for one in undated if _matches(one, *separated.groups())]
        else:
            found = [one for one in undated if fold(one.base + one.quote) == wanted]
        return [one for one in found if fold(one.symbol) == fold(one.base + one.quote)] or found

    def _near(self, venue: str, symbol: str) -> list[str]:
        codes = {fold(one.symbol): one.symbol for one in self.listing[venue]}
        close = difflib.get_close_matches(fold(symbol), codes, _SUGGESTIONS, _SIMILARITY)
        return [codes[code] for code in close]


def _matches(one: Instrument, base: str, quote: str, settlement: str | None) -> bool:
    if fold(one.base) != fold(base) or fold(one.quote) != fold(quote):
        return False
    if settlement is None:
        return True
    # Few exchanges state the settlement; elsewhere a contract settles in its quote or, inverse, in its base.
    return fold(settlement) in {fold(one.settlement or ""), fold(one.quote), fold(one.base)}


def _is_undated(one: Instrument) -> bool:
    """Whether the code holds nothing but the two assets and words like SWAP, PERP or UMCBL: a date has digits."""
    rest = fold(one.symbol).replace(fold(one.base), "", 1).replace(fold(one.quote), "", 1)
    return not any(character.isdigit() for character in rest)
