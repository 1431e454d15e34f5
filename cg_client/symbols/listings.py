"""The coins, exchanges and pairs that CoinGlass lists, requested once and cached.

A listing is refreshed after an hour, and for an unknown name at most once a minute: a newly listed name is found, and a
typing error costs nothing. When a refresh fails, the last listing stays in use.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec
from async_lru import alru_cache

from cg_client.call import Answer, Call, Decode
from cg_client.clock import Clock
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Name, struct_decoder
from cg_client.decoding.tolerance import rows_of, scalar, tolerant
from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, futures, options, spot
from cg_client.errors import CoinglassError, UnknownExchange, UnknownName
from cg_client.fetcher import Fetcher
from cg_client.params.core import CoinParams, NameKind, Params
from cg_client.params.positions import OPTIONS_EXCHANGES
from cg_client.revision import Revision
from cg_client.symbols.aliases import Market
from cg_client.symbols.instruments import Instrument, InstrumentIndex, decode_instruments, decode_spot_instruments
from cg_client.symbols.name_index import CoinIndex, ExchangeIndex, NameIndex, ShortIndex

LISTING_LIFETIME = 3600.0  # seconds
UNKNOWN_NAME_INTERVAL = 60.0  # seconds before an unknown name may cause a refresh

_VALID_UNTIL = attrgetter("valid_until")

T = TypeVar("T")
F = TypeVar("F")
K = TypeVar("K")
N = TypeVar("N", bound=NameIndex)

decode_names: Decode[tuple[str, ...]] = named(
    tolerant(msgspec.json.Decoder(tuple[Name, ...]).decode, rows_of(scalar(Name)), tuple[str, ...]), "names"
)


class _ListedFund(msgspec.Struct):
    ticker: Name


class _ListedOptionsExchange(msgspec.Struct):
    name: Name = msgspec.field(name="exchange_name")


def _options_exchanges(rows: Iterable[_ListedOptionsExchange]) -> tuple[str, ...]:
    """Return the names without the label of their total, and those that the documentation has."""
    return tuple(dict.fromkeys([*(row.name for row in rows if row.name != "All"), *OPTIONS_EXCHANGES]))


_decode_funds: Decode[tuple[str, ...]] = named(
    struct_decoder(list[_ListedFund], lambda rows: tuple(row.ticker for row in rows)), "fund names"
)
_decode_options_exchanges: Decode[tuple[str, ...]] = named(
    struct_decoder(list[_ListedOptionsExchange], _options_exchanges), "options exchanges"
)


class Listing(Generic[T]):
    """One listing; `valid_until` it stays in use, in monotonic seconds, if no unknown name needs a newer one before."""

    def __init__(self, load: Callable[[], Coroutine[Any, Any, T]], clock: Clock, revision: Revision) -> None:
        self._load = alru_cache(maxsize=1)(load)  # created here, not at import: it belongs to one event loop
        self._clock = clock
        self._requested_at = 0.0
        self._last: T | None = None
        self._revision = revision
        self.valid_until = math.inf

    async def get(self, max_age: float = LISTING_LIFETIME) -> T:
        """Return the listing, not older than so many seconds; the last one if CoinGlass does not answer."""
        if self._last is not None:
            now = self._clock.monotonic()
            if now - self._requested_at < max_age:
                return self._last
            self._requested_at = now
            self.valid_until = now + LISTING_LIFETIME
            self._load.cache_invalidate()
        try:
            loaded = await self._load()
        except CoinglassError:
            if self._last is None:
                raise
            return self._last
        if self._last is None:
            self._requested_at = self._clock.monotonic()
            self.valid_until = self._requested_at + LISTING_LIFETIME
        else:
            self._revision.bump()
        self._last = loaded
        return loaded

    def adopt(self, other: "Listing[T]") -> None:
        """Take over what another listing has."""
        self._last, self._requested_at = other._last, other._requested_at  # noqa: SLF001  # one of the same class
        self.valid_until = other.valid_until

    def peek(self, search: Callable[[T], F]) -> F | None:
        """Return what the search finds, without waiting for anything; None if the listing has to be requested."""
        if self._last is None or self._clock.monotonic() >= self.valid_until:
            return None
        try:
            return search(self._last)
        except UnknownName:
            return None

    async def find(self, search: Callable[[T], F]) -> F:
        """Return what the search finds; before a name counts as unknown, a newer listing is searched."""
        listing = await self.get()
        try:
            return search(listing)
        except UnknownName:
            newer = await self.get(UNKNOWN_NAME_INTERVAL)
            if newer is listing:
                raise
        return search(newer)

    async def find_each(self, search: Callable[[T, K], F], keys: Sequence[K]) -> list[F | UnknownName]:
        """Search for each key; if one is unknown, a newer listing is searched for all."""
        results = _search_each(await self.get(), search, keys)
        if any(isinstance(result, UnknownName) for result in results):
            results = _search_each(await self.get(UNKNOWN_NAME_INTERVAL), search, keys)
        return results


class PairListing(Listing[InstrumentIndex]):
    """The pairs of one market; `explain` says more of an exchange that lists none of them."""

    def __init__(
        self,
        load: Callable[[], Coroutine[Any, Any, InstrumentIndex]],
        clock: Clock,
        revision: Revision,
        explain: Callable[[UnknownExchange], Awaitable[UnknownName]],
    ) -> None:
        super().__init__(load, clock, revision)
        self._explain = explain

    async def find(self, search: Callable[[InstrumentIndex], F]) -> F:
        try:
            return await super().find(search)
        except UnknownExchange as unknown:
            raise await self._explain(unknown) from None

    async def find_each(self, search: Callable[[InstrumentIndex, K], F], keys: Sequence[K]) -> list[F | UnknownName]:
        results = await super().find_each(search, keys)
        return [await self._explain(result) if isinstance(result, UnknownExchange) else result for result in results]


class Symbols:
    """Resolves what callers write into CoinGlass' own names.

    Raises UnknownName with suggestions, or the CoinglassError of the listing's request.
    """

    def __init__(self, client: Fetcher) -> None:
        self._client = client
        self.futures = self._pairs(Market.FUTURES, futures.market.SUPPORTED_PAIRS)
        self.spot = self._pairs(Market.SPOT, spot.SUPPORTED_PAIRS)
        self.futures_coins = self._named(CoinIndex, futures.market.SUPPORTED_COINS)
        self.spot_coins = self._named(CoinIndex, spot.SUPPORTED_COINS)
        self.futures_exchanges = self._named(ExchangeIndex, futures.market.SUPPORTED_EXCHANGES)
        self.funds = self._named(partial(NameIndex, NameKind.FUND.value), etf.BITCOIN_LIST, decode=_decode_funds)
        self.options_exchanges = self._named(
            partial(ShortIndex, NameKind.OPTIONS_EXCHANGE.value),
            options.INFO,
            CoinParams(symbol="BTC"),
            decode=_decode_options_exchanges,
        )
        self._listings: Sequence[Listing[Any]] = (
            self.futures,
            self.spot,
            self.futures_coins,
            self.spot_coins,
            self.futures_exchanges,
            self.funds,
            self.options_exchanges,
        )

    def for_client(self, client: Fetcher) -> "Symbols":
        """Return a copy whose listings are requested through another client."""
        copy = Symbols(client)
        for listing, adopting in zip(self._listings, copy._listings, strict=True):
            adopting.adopt(listing)
        return copy

    @property
    def valid_until(self) -> float:
        earliest: float = min(map(_VALID_UNTIL, self._listings))
        return earliest

    async def warm(self) -> bool:
        """Request futures pairs and coins before somebody waits for them; return whether to leave it at that."""
        results = await asyncio.gather(self.futures.get(), self.futures_coins.get(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, CoinglassError):
                raise result
        return not any(isinstance(result, CoinglassError) and result.retryable for result in results)

    async def pair(self, exchange: str, symbol: str) -> Instrument:
        return await self.futures.find(lambda index: index.find(exchange, symbol))

    async def coin(self, symbol: str) -> str:
        """Return a coin with futures or, failing that, with spot markets."""
        try:
            return await self.futures_coins.find(lambda names: names.require(symbol))
        except UnknownName as unknown:
            return await self._elsewhere(unknown, self.spot_coins.find(lambda names: names.require(symbol)))

    async def exchange(self, name: str) -> str:
        """Return an exchange with futures or, failing that, with spot pairs."""
        try:
            return await self.futures_exchanges.find(lambda names: names.require(name))
        except UnknownName as unknown:
            return await self._elsewhere(unknown, self.spot.find(lambda index: index.exchanges.require(name)))

    async def named(self, kind: NameKind, name: str) -> str:
        """Return CoinGlass' name of a coin, a fund or an exchange of options."""
        match kind:
            case NameKind.COIN:
                return await self.coin(name)
            case NameKind.FUND:
                return await self.funds.find(lambda names: names.require(name))
            case NameKind.OPTIONS_EXCHANGE:
                return await self.options_exchanges.find(lambda names: names.require(name))
            case _:
                raise NotImplementedError(kind)

    @staticmethod
    async def _elsewhere(unknown: UnknownName, search: Awaitable[str]) -> str:
        try:
            return await search
        except UnknownName as still:
            both = dict.fromkeys([*unknown.suggestions, *still.suggestions])
            raise UnknownName(str(unknown), list(both)) from None

    async def _without_pairs(self, market: Market, unknown: UnknownExchange) -> UnknownName:
        """Explain an exchange without pairs in the market, which CoinGlass may list elsewhere."""
        name = await self._listed(self.futures_exchanges, lambda names: names.find(unknown.name))
        if name is None:
            other = self.spot if market is Market.FUTURES else self.futures
            name = await self._listed(other, lambda index: index.exchanges.find(unknown.name))
        if name is None:
            return unknown
        return UnknownName(f"{name} lists no {market.value} pairs at present.", [], "exchange")

    @staticmethod
    async def _listed(listing: Listing[T], find: Callable[[T], str | None]) -> str | None:
        """Return the name, if the listing can be had and has it."""
        try:
            return find(await listing.get())
        except CoinglassError:
            return None

    def _pairs(self, market: Market, endpoint: Endpoint) -> PairListing:
        decode = decode_instruments if market is Market.FUTURES else decode_spot_instruments

        async def load() -> InstrumentIndex:
            return InstrumentIndex(await self._value(endpoint, decode), market)

        explain = partial(self._without_pairs, market)
        return PairListing(load, self._client.clock, self._client.revision, explain)

    def _named(
        self,
        index: Callable[[tuple[str, ...]], N],
        endpoint: Endpoint,
        params: Params | None = None,
        decode: Decode[tuple[str, ...]] = decode_names,
    ) -> Listing[N]:
        async def load() -> N:
            return index(await self._value(endpoint, decode, params))

        return Listing(load, self._client.clock, self._client.revision)

    async def _value(self, endpoint: Endpoint, decode: Decode[T], params: Params | None = None) -> T:
        answer: Answer[T] = await self._client.get(Call(endpoint, params or Params(), decode), grace=False)
        return answer.value


def _search_each(index: T, search: Callable[[T, K], F], keys: Sequence[K]) -> list[F | UnknownName]:
    results: list[F | UnknownName] = []
    for key in keys:
        try:
            results.append(search(index, key))
        except UnknownName as unknown:
            results.append(unknown)
    return results
