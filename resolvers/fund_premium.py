"""Premiums of funds, which come in two forms: days with the funds of each, or the days of one fund.

Source: /api/etf/bitcoin/premium-discount/history, documented without a ticker, seen flat with one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cg_client.call import Decode
from cg_client.errors import PayloadMismatch
from resolvers.checks import finite, in_milliseconds, strict


class _Fund(msgspec.Struct):
    ticker: str | None = None
    nav_usd: float | None = None
    market_price_usd: float | None = None
    premium_discount_details: float | None = None


class _Day(_Fund, kw_only=True):
    timestamp: int
    funds: list[_Fund] | None = msgspec.field(name="list", default=None)


@dataclass(frozen=True, slots=True)
class Premium:
    """`ticker` is None where the answer is about the one fund that was asked for."""

    ticker: str | None
    net_asset_value_usd: float | None
    price_usd: float | None
    percent: float | None


@dataclass(frozen=True, slots=True)
class PremiumDay:
    """`timestamp` in milliseconds."""

    timestamp: int
    funds: Sequence[Premium]


_decoder = msgspec.json.Decoder(list[_Day], strict=False)
_FIGURES = ("nav_usd", "market_price_usd", "premium_discount_details")


def _decode(data: msgspec.Raw) -> list[PremiumDay]:
    days: dict[int, PremiumDay] = {}
    for row in _decoder.decode(data):
        (time,) = (one for one in in_milliseconds((row.timestamp,), "data.timestamp") if one is not None)
        days[time] = PremiumDay(time, tuple(map(_premium, _funds(row))))
    return [days[time] for time in sorted(days)]


def _funds(row: _Day) -> Sequence[_Fund]:
    if row.funds is not None:
        for fund in row.funds:
            if fund.ticker is None:
                raise PayloadMismatch("data.list.ticker", "it is missing")
        return row.funds
    return (row,)


def _premium(fund: _Fund) -> Premium:
    for name in _FIGURES:
        finite((getattr(fund, name),), f"data.{name}")
    return Premium(fund.ticker, fund.nav_usd, fund.market_price_usd, fund.premium_discount_details)


decode_premiums: Decode[list[PremiumDay]] = strict(_decode)
