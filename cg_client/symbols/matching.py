"""Finds the instrument that a caller means, among those of one exchange; sends no requests.

The exchange's own code always wins, in any case and with any separators. Else a symbol is read as base and quote
(`BTC/USDT`, `btcusdt`), as a perpetual contract (`BTCUSDT.P`, `BINANCE:BTCUSDT.P`, `BTC-PERP`), as ccxt writes it
(`BTC/USDT:USDT`, `BTC/USDT:USDT-260327`) or as a base asset alone, and it is resolved only if exactly one instrument
fits. Contracts with a date are found by their code and by ccxt's notation alone, and a coin never stands for a thousand
of it, unless the exchange itself names the coin as the base of that contract.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter

from cg_client.errors import UnknownName
from cg_client.symbols.aliases import (
    COIN_ALIASES,
    Market,
    fold,
    letters_of,
    possible_unit,
    same_coin,
    same_exchange,
    unit_of,
)
from cg_client.symbols.contracts import Contract
from cg_client.symbols.name_index import MAX_LENGTH, grouped, only, shown
from cg_client.symbols.similar_names import MAX_SUGGESTIONS, SimilarNames

_SEPARATED = re.compile(r"([^\W_]+)[-/_ ]([^\W_]+)")
_CCXT = re.compile(r"([^\W_]+)[-/_ ]([^\W_]+):([^\W_]+)(?:-(\d{6}))?")
_PERPETUAL = re.compile(r"(.*[^\W_])(?:\.P|[-/_ :.]+(?:PERPETUAL|SWAP)|[-/_ :.]*PERP)", re.IGNORECASE | re.DOTALL)
_unlikelihood = attrgetter("unlikelihood")
_Distance = tuple[bool, bool, bool, bool, tuple[int, bool, str]]


class VenueIndex:
    """The instruments of one exchange, futures or spot."""

    def __init__(self, venue: str, market: Market, contracts: Iterable[Contract]) -> None:
        self._venue, self._market = venue, market
        self._by_code = {contract.code: contract for contract in contracts}

    def find(self, symbol: str) -> str:
        """Return the code of the one instrument that is meant; raises UnknownName with suggestions."""
        if symbol in self._by_code:
            return symbol
        matches = self._matches(self._without_venue(symbol)) if len(symbol) <= MAX_LENGTH else []
        if not matches:
            raise UnknownName(self._refusal(symbol), self.near(symbol))
        return only(_codes(sorted(matches, key=_unlikelihood)), symbol, self._venue)

    def near(self, symbol: str) -> list[str]:
        """Return suggestions, the likeliest first."""
        return self._suggestions(self._without_venue(symbol)) if len(symbol) <= MAX_LENGTH else []

    def _without_venue(self, symbol: str) -> str:
        """Return the symbol without the exchange that TradingView writes before it."""
        venue, colon, rest = symbol.strip().partition(":")
        is_named = colon and fold(venue) in same_exchange(fold(self._venue))
        return rest if is_named else symbol.strip()

    def _refusal(self, symbol: str) -> str:
        if not self._by_code:
            return f"{self._venue} lists no {self._market.value} pairs at present."
        if self._market is Market.SPOT and len(symbol) <= MAX_LENGTH and _names_a_contract(symbol.strip()):
            return f"{self._venue} lists no spot pair {shown(symbol)}. Perpetuals are futures: `pair` finds them."
        return f"{self._venue} lists no pair {shown(symbol)}."

    def _matches(self, symbol: str) -> Sequence[Contract]:
        if contracts := self._with_code(symbol):
            return contracts
        if notation := _CCXT.fullmatch(symbol):
            return self._with_settlement(*notation.groups()) if self._market is Market.FUTURES else []
        if pairs := _simple_first(self._pairs(symbol)) | self._only_base(symbol):
            return list(pairs)
        perpetual = _PERPETUAL.fullmatch(symbol)
        return self._perpetual(perpetual[1]) if perpetual and self._market is Market.FUTURES else []

    def _with_code(self, symbol: str) -> Sequence[Contract]:
        contracts = self._by_folded_code.get(fold(symbol), [])
        return [contract for contract in contracts if contract.code.lower() == symbol.lower()] or contracts

    def _with_settlement(self, base: str, quote: str, settlement: str, expiry: str | None) -> Sequence[Contract]:
        """Match ccxt's notation: of contracts with a date, the one that expires on that day."""
        coin = same_coin(fold(settlement))
        contracts = [
            contract
            for contract in self._with_assets(base, quote)
            if contract.can_settle_in(coin)
            and (contract.is_undated if expiry is None else contract.expiry == expiry and not contract.is_undated)
        ]
        return list(_simple_first(_some(contracts, lambda contract: contract.states_settlement(coin))))

    def _perpetual(self, rest: str) -> Sequence[Contract]:
        """Match the text before a word for perpetual contracts: a code, base and quote, or a base asset."""
        contracts = [*_undated(self._with_code(rest)), *self._pairs(rest)]
        return list({*_some(contracts, lambda contract: contract.says_perpetual)} | self._only_base(rest))

    def _pairs(self, text: str) -> set[Contract]:
        """Match base and quote, among contracts without a date."""
        splits = self._splits(text)
        return {contract for base, quote in splits for contract in _undated(self._with_assets(base, quote))}

    def _splits(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the text as base and quote; without a separator, for each quote asset in which it can end."""
        if separated := _SEPARATED.fullmatch(text):
            yield separated[1], separated[2]
            return
        letters = letters_of(text)
        for quote in self._quotes:
            if len(letters) > len(quote) and letters.lower().endswith(quote):
                yield letters[: -len(quote)], quote

    def _only_base(self, text: str) -> set[Contract]:
        """Match the base asset alone, among contracts without a date."""
        return set(_undated(self._with_base(text))) if text.isalnum() else set()

    def _with_assets(self, base: str, quote: str) -> Sequence[Contract]:
        coin = same_coin(fold(quote))
        return [contract for contract in self._with_base(base) if contract.quote_coin == coin]

    def _with_base(self, base: str) -> Sequence[Contract]:
        """Match the base asset; an alias counts only if the exchange does not list the name itself."""
        ranked = [(contract.rank(base), contract) for contract in self._with_coin(base)]
        best = min((rank for rank, _ in ranked if rank is not None), default=None)
        return [contract for rank, contract in ranked if rank is not None and rank == best]

    def _with_coin(self, base: str) -> Sequence[Contract]:
        """Match the coin in any unit."""
        keys = {fold(base), unit_of(letters_of(base)).coin}
        return list(dict.fromkeys(contract for key in sorted(keys) for contract in self._by_coin.get(key, ())))

    def _suggestions(self, symbol: str) -> list[str]:
        likely = list(self._of_same_coin(symbol)) or list(self._of_similar_coins(symbol))
        if not any(quote is not None and fold(quote) in self._quotes for _, quote in self._assets_in(symbol)):
            likely += self._with_similar_codes(symbol)
        return _codes(dict.fromkeys(likely))[:MAX_SUGGESTIONS]

    def _of_same_coin(self, symbol: str) -> Iterator[Contract]:
        notation = _CCXT.fullmatch(symbol)
        month = notation[4][:4] if notation and notation[4] else None
        for base, quote in self._assets_in(symbol):
            possible = possible_unit(letters_of(base))
            of_unit = (contract for contract in self._by_coin.get(possible.coin, ()) if contract.unit == possible)
            yield from sorted({*self._with_coin(base), *of_unit}, key=_distance(base, quote, month))

    def _of_similar_coins(self, symbol: str) -> Iterator[Contract]:
        """Yield the likeliest contract of each coin."""
        for base, quote in self._assets_in(symbol):
            for coin in self._similar_coins.near(fold(base)):
                yield min(self._by_coin[coin], key=_distance(coin, quote, None))

    def _with_similar_codes(self, symbol: str) -> Iterator[Contract]:
        return (self._by_similar_code[code] for code in self._similar_codes.near(fold(symbol)))

    def _assets_in(self, symbol: str) -> list[tuple[str, str | None]]:
        """Return the assets that the symbol may name."""
        if notation := _CCXT.fullmatch(symbol):
            return [(notation[1], notation[2])]
        perpetual = _PERPETUAL.fullmatch(symbol)
        texts = [symbol, perpetual[1]] if perpetual else [symbol]
        splits: list[tuple[str, str | None]] = [split for text in texts for split in self._splits(text)]
        return splits + [(text, None) for text in texts if text.isalnum()]

    @cached_property
    def _by_folded_code(self) -> dict[str, list[Contract]]:
        return grouped((contract.folded_code, contract) for contract in self._by_code.values())

    @cached_property
    def _by_coin(self) -> dict[str, list[Contract]]:
        contracts = self._by_code.values()
        return grouped(
            (key, contract) for contract in contracts for key in {contract.folded_base, contract.base_unit.coin}
        )

    @cached_property
    def _quotes(self) -> Sequence[str]:
        """The quote assets, as folded, and their aliases."""
        listed = {fold(quote) for quote in {contract.quote for contract in self._by_code.values()}} - {""}
        coins = {same_coin(quote) for quote in listed}
        return sorted(listed | coins | {alias for alias, coin in COIN_ALIASES.items() if coin in coins})

    @cached_property
    def _similar_coins(self) -> SimilarNames:
        return SimilarNames(self._by_coin)

    @cached_property
    def _by_similar_code(self) -> dict[str, Contract]:
        """Contracts by code, and by base and quote; of several the likeliest."""
        contracts = sorted(self._by_code.values(), key=_unlikelihood, reverse=True)
        by_assets = {contract.folded_base + contract.quote_coin: contract for contract in _undated(contracts)}
        return by_assets | {contract.folded_code: contract for contract in contracts}

    @cached_property
    def _similar_codes(self) -> SimilarNames:
        return SimilarNames(self._by_similar_code)


def _names_a_contract(symbol: str) -> bool:
    return bool(_CCXT.fullmatch(symbol) or _PERPETUAL.fullmatch(symbol))


def _undated(contracts: Iterable[Contract]) -> Sequence[Contract]:
    return [contract for contract in contracts if contract.is_undated]


def _some(contracts: Sequence[Contract], preferred: Callable[[Contract], bool]) -> Sequence[Contract]:
    """Return the preferred contracts, or all if none is preferred."""
    return [contract for contract in contracts if preferred(contract)] or contracts


def _simple_first(contracts: Iterable[Contract]) -> set[Contract]:
    """Prefer contracts whose code is nothing but base and quote."""
    return set(_some(list(contracts), lambda contract: contract.is_simple))


def _distance(base: str, quote: str | None, month: str | None) -> Callable[[Contract], _Distance]:
    """Make the sort key of suggestions: month, with or without a date, unit, quote, likelihood."""
    coin = None if quote is None else same_coin(fold(quote))

    def distance(contract: Contract) -> _Distance:
        rank = contract.rank(base)
        return (
            month is None or contract.expiry[:4] != month,
            contract.is_undated is (month is not None),
            rank is None,
            contract.quote_coin != coin,
            contract.unlikelihood,
        )

    return distance


def _codes(contracts: Iterable[Contract]) -> list[str]:
    return [contract.code for contract in contracts]
