"""Finding the instrument that a caller means, among those of one exchange. Pure: no requests here.

The exchange's own code always wins, in any case and with any separators. Else a symbol is read as base and quote
(`BTC/USDT`, `btcusdt`), as a perpetual contract (`BTCUSDT.P`, `BINANCE:BTCUSDT.P`, `BTC-PERP`), as ccxt writes it
(`BTC/USDT:USDT`, `BTC/USDT:USDT-260327`) or as a base asset alone, and it is resolved only if exactly one instrument
fits. Contracts with a date are found by their code and by ccxt's notation alone, and a coin never stands for a thousand
of it, unless the exchange itself names the coin as the base of that contract.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

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
from cg_client.symbols.name_index import MAX_LENGTH, only, shown
from cg_client.symbols.similar_names import MAX_SUGGESTIONS, SimilarNames

_SEPARATED = re.compile(r"([^\W_]+)[-/_ ]([^\W_]+)")
_SETTLED = re.compile(r"([^\W_]+)[-/_ ]([^\W_]+):([^\W_]+)(?:-(\d{6}))?")
_PERPETUAL = re.compile(r"(.*[^\W_])(?:\.P|[-/_ :.]+(?:PERPETUAL|SWAP)|[-/_ :.]*PERP)", re.IGNORECASE | re.DOTALL)
_Distance = tuple[bool, bool, bool, bool, tuple[int, bool, str]]


class VenueIndex:
    """The instruments of one exchange, futures or spot."""

    def __init__(self, venue: str, market: Market, contracts: Iterable[Contract]) -> None:
        self._venue, self._market = venue, market
        self._by_code = {contract.code: contract for contract in contracts}

    def find(self, symbol: str) -> str:
        """Return the code of the one instrument that is meant. Raises UnknownName with the likely ones."""
        if symbol in self._by_code:
            return symbol
        found = self._matches(self._without_venue(symbol)) if len(symbol) <= MAX_LENGTH else []
        if not found:
            raise UnknownName(self._refusal(symbol), self.near(symbol))
        return only(_codes(sorted(found, key=_unlikelihood)), symbol, self._venue)

    def near(self, symbol: str) -> list[str]:
        """Return what may be meant instead, the likely one first."""
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
        if own := self._own_codes(symbol):
            return own
        if settled := _SETTLED.fullmatch(symbol):
            return self._settled(*settled.groups()) if self._market is Market.FUTURES else []
        if named := _plain_first(self._pairs(symbol)) | self._only_base(symbol):
            return list(named)
        perpetual = _PERPETUAL.fullmatch(symbol)
        return self._perpetual(perpetual[1]) if perpetual and self._market is Market.FUTURES else []

    def _own_codes(self, symbol: str) -> Sequence[Contract]:
        folded = self._by_folded_code.get(fold(symbol), [])
        return [contract for contract in folded if contract.code.lower() == symbol.lower()] or folded

    def _settled(self, base: str, quote: str, settlement: str, expiry: str | None) -> Sequence[Contract]:
        """Return the notation of ccxt: of contracts with a date, the one that expires on that day."""
        coin = same_coin(fold(settlement))
        found = [
            contract
            for contract in self._with_assets(base, quote)
            if contract.can_settle_in(coin)
            and (contract.is_undated if expiry is None else contract.expiry == expiry and not contract.is_undated)
        ]
        return list(_plain_first(_some(found, lambda contract: contract.states_settlement(coin))))

    def _perpetual(self, rest: str) -> Sequence[Contract]:
        """Match the text before a word for perpetual contracts: a code, base and quote, or a base asset."""
        found = [*_undated(self._own_codes(rest)), *self._pairs(rest)]
        return list({*_some(found, lambda contract: contract.says_perpetual)} | self._only_base(rest))

    def _pairs(self, text: str) -> set[Contract]:
        """Those without a date whose base and quote are written there."""
        return {one for base, quote in self._splits(text) for one in _undated(self._with_assets(base, quote))}

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
        """Those without a date whose base asset is all that is written there."""
        return set(_undated(self._with_base(text))) if text.isalnum() else set()

    def _with_assets(self, base: str, quote: str) -> Sequence[Contract]:
        coin = same_coin(fold(quote))
        return [contract for contract in self._with_base(base) if contract.quote_coin == coin]

    def _with_base(self, base: str) -> Sequence[Contract]:
        """Those whose base asset fits best: an alias counts only where the exchange does not list the name itself."""
        ranked = [(contract.rank(base), contract) for contract in self._with_coin(base)]
        best = min((rank for rank, _ in ranked if rank is not None), default=None)
        return [contract for rank, contract in ranked if rank is not None and rank == best]

    def _with_coin(self, base: str) -> Sequence[Contract]:
        """Those of the coin in any unit."""
        keys = {fold(base), unit_of(letters_of(base)).coin}
        return list(dict.fromkeys(one for key in sorted(keys) for one in self._by_coin.get(key, ())))

    def _suggestions(self, symbol: str) -> list[str]:
        likely = list(self._of_same_coin(symbol)) or list(self._of_similar_coins(symbol))
        if not any(quote is not None and fold(quote) in self._quotes for _, quote in self._asked_assets(symbol)):
            likely += self._with_similar_codes(symbol)
        return _codes(dict.fromkeys(likely))[:MAX_SUGGESTIONS]

    def _of_same_coin(self, symbol: str) -> Iterator[Contract]:
        settled = _SETTLED.fullmatch(symbol)
        month = settled[4][:4] if settled and settled[4] else None
        for base, quote in self._asked_assets(symbol):
            possible = possible_unit(letters_of(base))
            found = {
                *self._with_coin(base),
                *(one for one in self._by_coin.get(possible.coin, ()) if one.unit == possible),
            }
            yield from sorted(found, key=_distance(base, quote, month))

    def _of_similar_coins(self, symbol: str) -> Iterator[Contract]:
        """Yield the likeliest of each."""
        for base, quote in self._asked_assets(symbol):
            for coin in self._similar_coins.near(fold(base)):
                yield min(self._by_coin[coin], key=_distance(coin, quote, None))

    def _with_similar_codes(self, symbol: str) -> Iterator[Contract]:
        return (self._by_similar_code[code] for code in self._similar_codes.near(fold(symbol)))

    def _asked_assets(self, symbol: str) -> list[tuple[str, str | None]]:
        """Return the assets that the symbol may name."""
        if settled := _SETTLED.fullmatch(symbol):
            return [(settled[1], settled[2])]
        perpetual = _PERPETUAL.fullmatch(symbol)
        texts = [symbol, perpetual[1]] if perpetual else [symbol]
        splits: list[tuple[str, str | None]] = [split for text in texts for split in self._splits(text)]
        return splits + [(text, None) for text in texts if text.isalnum()]

    @cached_property
    def _by_folded_code(self) -> dict[str, list[Contract]]:
        return _grouped((contract.folded_code, contract) for contract in self._by_code.values())

    @cached_property
    def _by_coin(self) -> dict[str, list[Contract]]:
        contracts = self._by_code.values()
        return _grouped((key, one) for one in contracts for key in {one.folded_base, one.base_unit.coin})

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
        """By the code and by base and quote; of several the likeliest."""
        contracts = sorted(self._by_code.values(), key=_unlikelihood, reverse=True)
        by_assets = {one.folded_base + one.quote_coin: one for one in contracts if one.is_undated}
        return by_assets | {one.folded_code: one for one in contracts}

    @cached_property
    def _similar_codes(self) -> SimilarNames:
        return SimilarNames(self._by_similar_code)


def _names_a_contract(symbol: str) -> bool:
    return bool(_SETTLED.fullmatch(symbol) or _PERPETUAL.fullmatch(symbol))


def _undated(contracts: Iterable[Contract]) -> Sequence[Contract]:
    return [contract for contract in contracts if contract.is_undated]


def _some(contracts: Sequence[Contract], preferred: Callable[[Contract], bool]) -> Sequence[Contract]:
    """Return the preferred ones, or all if none is."""
    return [contract for contract in contracts if preferred(contract)] or contracts


def _plain_first(contracts: Iterable[Contract]) -> set[Contract]:
    """Of several, those whose code is nothing but base and quote, if there are any."""
    return set(_some(list(contracts), lambda contract: contract.is_plain))


def _unlikelihood(contract: Contract) -> tuple[int, bool, str]:
    return contract.unlikelihood


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


def _grouped(pairs: Iterable[tuple[str, Contract]]) -> dict[str, list[Contract]]:
    groups: dict[str, list[Contract]] = {}
    for key, contract in pairs:
        if key:
            groups.setdefault(key, []).append(contract)
    return groups
