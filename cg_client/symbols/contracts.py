"""Reads the unit of the base asset and the expiry from the code of an instrument."""

import re
from dataclasses import dataclass
from functools import cached_property

from cg_client.symbols.aliases import CoinUnit, Margin, fold, letters_of, same_coin, unit_of

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH_LETTERS = "FGHJKMNQUVXZ"  # as futures exchanges name the months
_YEAR_FIRST = re.compile(r"(?<!\d)(?:20)?(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!\d)")
_DAY_FIRST = re.compile(rf"(?<!\d)(\d\d?)({'|'.join(_MONTHS)})(\d\d)(?!\d)")
_MONTH_ONLY = re.compile(rf"([{_MONTH_LETTERS}])(\d\d)(?!\d)")
_COUNT_BEFORE = re.compile(r"(?<!\d)(10{3,6}|1m)$")
_COUNT_AFTER = re.compile(r"(10{3,6})(?!\d)")
_NO_DATE = re.compile(r"(?<!\d)10{3,6}(?!\d)|f0(?!\d)")  # a unit, and Bitfinex' BTCF0:USTF0
# Contracts of this or the next week, month or quarter: they expire, and no digit says so.
_TERM = re.compile(r"^[bnc][wmq]$|week|month|quarter")
_LIKELY_QUOTES = ("usdt", "usdc", "usd")


@dataclass(frozen=True, eq=False)
class Contract:
    """A pair by its code and assets; whatever is expensive is derived on demand."""

    code: str
    base: str
    quote: str
    settlement: str | None = None

    @cached_property
    def folded_code(self) -> str:
        return fold(self.code)

    @cached_property
    def folded_base(self) -> str:
        return fold(self.base)

    @cached_property
    def quote_coin(self) -> str:
        return same_coin(fold(self.quote))

    @cached_property
    def base_unit(self) -> CoinUnit:
        return unit_of(letters_of(self.base))

    @cached_property
    def unit(self) -> CoinUnit:
        """The unit that is priced: the code may be `1000PEPE` while the base asset is `PEPE`."""
        start = self.folded_code.find(self.folded_base)
        if self.base_unit.size > 1 or start < 0:
            return self.base_unit
        before, after = self.folded_code[:start], self.folded_code[start + len(self.folded_base) :]
        if count := _COUNT_BEFORE.search(before) or _COUNT_AFTER.match(after):
            return CoinUnit(self.base_unit.coin, 1_000_000 if count[1] == "1m" else int(count[1]))
        thousands = unit_of(letters_of(self.code)[start - 1 : start + len(self.folded_base)]) if before else None
        return thousands if thousands == CoinUnit(self.base_unit.coin, 1_000) else self.base_unit

    @cached_property
    def is_undated(self) -> bool:
        """Whether the code has nothing but the two assets, a unit, and words like SWAP, PERP or UMCBL."""
        if self.is_simple:
            return True
        rest = self.folded_code.replace(self.folded_base, "", 1).replace(fold(self.quote), "", 1)
        rest = _NO_DATE.sub("", rest)
        return not any(character.isdigit() for character in rest) and not _TERM.search(rest)

    @cached_property
    def expiry(self) -> str:
        """The day as YYMMDD, or YYMM if the code has the month alone; empty if it has neither."""
        code = self.code.upper().replace(self.base.upper(), "", 1)
        if day := _YEAR_FIRST.search(code):
            return day[1]
        if day := _DAY_FIRST.search(code):
            return f"{day[3]}{_MONTHS.index(day[2]) + 1:02}{int(day[1]):02}"
        month = _MONTH_ONLY.search(code)
        return f"{month[2]}{_MONTH_LETTERS.index(month[1]) + 1:02}" if month else ""

    @property
    def says_perpetual(self) -> bool:
        rest = self.folded_code.replace(self.folded_base, "", 1)
        return "perp" in rest or "swap" in rest

    @property
    def is_simple(self) -> bool:
        """Whether the code is nothing but base and quote."""
        return self.folded_code == self.folded_base + fold(self.quote)

    @property
    def margin(self) -> Margin:
        """As on Binance: contracts quoted in US dollars are margined in the coin, all others in a stablecoin."""
        return Margin.COIN if self.quote_coin == "usd" else Margin.STABLECOIN

    def states_settlement(self, coin: str) -> bool:
        return self.settlement is not None and same_coin(fold(self.settlement)) == coin

    def can_settle_in(self, coin: str) -> bool:
        """Few exchanges state the settlement. What is quoted in US dollars may be inverse; others settle in the quote.

        The documented listing states USDT for Binance's inverse contracts: the statement is not exhaustive.
        """
        if self.states_settlement(coin) or (self.quote_coin == "usd" and coin == self.unit.coin):
            return True
        return not self.settlement and coin == self.quote_coin

    def rank(self, base: str) -> int | None:
        """How well the base asset matches: 0 is best, None is another coin or unit."""
        if self.folded_base == fold(base) and self.unit == self.base_unit:
            return 0
        return 1 if self.folded_base == fold(base) or self.unit == unit_of(letters_of(base)) else None

    @cached_property
    def unlikelihood(self) -> tuple[int, bool, str]:
        """The order of likelihood: USDT, USDC, USD and others, codes of base and quote only first."""
        order = (*_LIKELY_QUOTES, self.quote_coin).index(self.quote_coin)
        return order, not self.is_simple, self.code
