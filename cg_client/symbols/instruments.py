"""The instruments that exchanges list, and the one that a caller means; sends no requests.

`name_index` finds the exchange and `matching` the instrument on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Name, struct_decoder
from cg_client.symbols.aliases import Market
from cg_client.symbols.contracts import Contract
from cg_client.symbols.matching import VenueIndex
from cg_client.symbols.name_index import CoinIndex, ExchangeIndex, Venue

_FIGURES = ("max_leverage", "funding_interval_hours", "price_tick_size")
_OPTIONAL = ("settlement", *_FIGURES)
_MAX_CACHED = 10_000  # names as callers wrote them


class _ListedInstrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument in CoinGlass' listing, below its exchange."""

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
        finite([getattr(listed, name) for items in listing.values() for listed in items], f"data.{name}")
    return {
        exchange: tuple(Instrument(exchange=exchange, **msgspec.structs.asdict(item)) for item in _each_once(items))
        for exchange, items in listing.items()
    }


def _each_once(items: Sequence[_ListedInstrument]) -> Iterable[_ListedInstrument]:
    """Return the instruments, each code once: pages of a list go by it."""
    by_code: dict[str, _ListedInstrument] = {}
    for item in items:
        by_code.setdefault(item.symbol, item)
    return by_code.values()


def _has_each_field(listing: Mapping[str, Sequence[_ListedInstrument]]) -> bool:
    """Whether some instrument states each of the optional fields."""
    listed = [item for items in listing.values() for item in items]
    return not listed or all(any(getattr(item, name) is not None for item in listed) for name in _OPTIONAL)


# The instruments by exchange; raise PayloadMismatch.
decode_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = named(
    struct_decoder(dict[str, list[_ListedInstrument]], _by_exchange, is_complete=_has_each_field), "futures listing"
)
decode_spot_instruments: Decode[Mapping[str, tuple[Instrument, ...]]] = named(
    struct_decoder(
        dict[str, list[_ListedInstrument]],
        _by_exchange,
        may_lack=frozenset({"settlement_currency", "max_leverage", "funding_interval", "price_tick_size"}),
    ),
    "spot listing",
)


class InstrumentIndex:
    """The instruments of all exchanges, futures or spot."""

    def __init__(self, listing: Mapping[str, tuple[Instrument, ...]], market: Market = Market.FUTURES) -> None:
        self.listing = listing
        self.market = market
        self.exchanges = ExchangeIndex(listing, market)
        self.coins = CoinIndex(item.base for items in listing.values() for item in items)
        self._codes = {exchange: {item.symbol: item for item in items} for exchange, items in listing.items()}
        self._venues: dict[Venue, VenueIndex] = {}
        # The one instrument that the caller can mean; raises UnknownName if there is none or several.
        self.find = lru_cache(_MAX_CACHED)(self._find)

    def _find(self, exchange: str, symbol: str) -> Instrument:
        venue = self.exchanges.locate(exchange)
        index = self._venues.get(venue)
        if index is None:
            index = self._venues[venue] = self._index(venue)
        return self._codes[venue.name][index.find(symbol)]

    def _index(self, venue: Venue) -> VenueIndex:
        items = self._codes[venue.name].values()
        contracts = [Contract(item.symbol, item.base, item.quote, item.settlement) for item in items]
        if venue.margin is None:
            return VenueIndex(venue.name, self.market, contracts)
        label = f"{venue.name} ({venue.margin.value})"
        return VenueIndex(label, self.market, [contract for contract in contracts if contract.margin is venue.margin])

    def venues_of(self, coin: str) -> tuple[str, ...]:
        """Return the exchanges that list the coin, in alphabetical order."""
        return tuple(sorted(venue for venue, items in self.listing.items() if any(item.base == coin for item in items)))
