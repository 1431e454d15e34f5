"""The instruments that exchanges list, and the one that a caller means. Pure: no requests here.

`names` finds the exchange and `symbol_matching` the instrument on it.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite
from cg_client.decoding.struct_reader import Name, struct_decoder
from cg_client.symbols.aliases import Market, fold, fold_exchange
from cg_client.symbols.contracts import Contract
from cg_client.symbols.matching import VenueIndex
from cg_client.symbols.name_index import CoinIndex, ExchangeIndex, NameIndex, Venue

__all__ = [
    "Instrument",
    "InstrumentIndex",
    "NameIndex",
    "decode_instruments",
    "decode_spot_instruments",
    "fold",
    "fold_exchange",
]

_FIGURES = ("max_leverage", "funding_interval_hours", "price_tick_size")
_NOT_ALWAYS = ("settlement", *_FIGURES)
_MAX_SPELLINGS = 10_000  # that are remembered


class _ListedInstrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As CoinGlass lists it, below its exchange."""

    symbol: Name = msgspec.field(name="instrument_id")
    base: Name = msgspec.field(name="base_asset")
    quote: Name = msgspec.field(name="quote_asset")
    settlement: str | None = msgspec.field(name="settlement_currency", default=None)
    max_leverage: float | None = None
    funding_interval_hours: float | None = msgspec.field(name="funding_interval", default=None)
    price_tick_size: float | None = None


class Instrument(_ListedInstrument, frozen=True, kw_only=True):
    """A pair of one exchange; the last four are stated for futures only, and not always."""

    exchange: str


def _by_exchange(listing: Mapping[str, Sequence[_ListedInstrument]]) -> Mapping[str, tuple[Instrument, ...]]:
    for name in _FIGURES:
        finite([getattr(one, name) for found in listing.values() for one in found], f"data.{name}")
    return {
        exchange: tuple(Instrument(exchange=exchange, **msgspec.structs.asdict(one)) for one in _each_once(found))
        for exchange, found in listing.items()
    }


def _each_once(found: Sequence[_ListedInstrument]) -> Iterable[_ListedInstrument]:
    """Return the instruments, each code once: pages of a list go by it."""
    by_code: dict[str, _ListedInstrument] = {}
    for one in found:
        by_code.setdefault(one.symbol, one)
    return by_code.values()


def _has_each_field(listing: Mapping[str, Sequence[_ListedInstrument]]) -> bool:
    """Whether what only some instruments state is stated of any."""
    listed = [one for found in listing.values() for one in found]
    return not listed or all(any(getattr(one, name) is not None for one in listed) for name in _NOT_ALWAYS)


# The instruments by exchange; raise PayloadMismatch.
decode_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = struct_decoder(
    dict[str, list[_ListedInstrument]], _by_exchange, is_complete=_has_each_field
)
decode_spot_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = struct_decoder(
    dict[str, list[_ListedInstrument]],
    _by_exchange,
    may_lack=frozenset({"settlement_currency", "max_leverage", "funding_interval", "price_tick_size"}),
)


class InstrumentIndex:
    """The instruments of all exchanges, futures or spot."""

    def __init__(self, listing: Mapping[str, tuple[Instrument, ...]], market: Market = Market.FUTURES) -> None:
        self.listing = listing
        self.market = market
        self.exchanges = ExchangeIndex(listing, market)
        self.coins = CoinIndex(one.base for found in listing.values() for one in found)
        self._codes = {exchange: {one.symbol: one for one in found} for exchange, found in listing.items()}
        self._venues: dict[Venue, VenueIndex] = {}
        self._found: dict[tuple[str, str], Instrument] = {}  # by what callers wrote

    def find(self, exchange: str, symbol: str) -> Instrument:
        """Return the one instrument that the caller can mean; raises UnknownName where there is none or several."""
        known = self._found.get((exchange, symbol))
        if known is None:
            known = self._search(exchange, symbol)
            if len(self._found) >= _MAX_SPELLINGS:
                self._found.clear()
            self._found[exchange, symbol] = known
        return known

    def _search(self, exchange: str, symbol: str) -> Instrument:
        venue = self.exchanges.locate(exchange)
        index = self._venues.get(venue)
        if index is None:
            index = self._venues[venue] = self._index(venue)
        return self._codes[venue.name][index.find(symbol)]

    def _index(self, venue: Venue) -> VenueIndex:
        listed = self._codes[venue.name].values()
        contracts = [Contract(one.symbol, one.base, one.quote, one.settlement) for one in listed]
        if venue.margin is None:
            return VenueIndex(venue.name, self.market, contracts)
        label = f"{venue.name} ({venue.margin.value})"
        return VenueIndex(label, self.market, [one for one in contracts if one.margin is venue.margin])

    def venues_of(self, coin: str) -> tuple[str, ...]:
        """Return the exchanges that list the coin, in alphabetical order."""
        return tuple(sorted(venue for venue, found in self.listing.items() if any(one.base == coin for one in found)))
