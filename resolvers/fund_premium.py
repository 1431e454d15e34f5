"""Premiums of funds, which come in two forms: days with the funds of each, or the days of one fund.

Source: /api/etf/bitcoin/premium-discount/history, documented without a ticker, seen flat with one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.checks import by_time, finite
from cg_client.decoding.decoder_names import named
from cg_client.decoding.struct_reader import Time, reader_of
from cg_client.decoding.tolerance import Path, Reading, tolerant


class _Figures(msgspec.Struct, forbid_unknown_fields=True):
    """Without defaults, so that a figure that is left out is seen by the reader that reports."""

    nav_usd: float | None
    market_price_usd: float | None
    premium_discount_details: float | None


class _Fund(_Figures, kw_only=True, forbid_unknown_fields=True):
    ticker: str


class _DayOfFund(_Figures, kw_only=True, forbid_unknown_fields=True):
    timestamp: Time


class _DayOfAll(msgspec.Struct, forbid_unknown_fields=True):
    timestamp: Time
    funds: list[_Fund] = msgspec.field(name="list")


@dataclass(frozen=True, slots=True)
class Premium:
    """`ticker` is None if the answer is about one requested fund."""

    ticker: str | None
    net_asset_value_usd: float | None
    price_usd: float | None
    percent: float | None


@dataclass(frozen=True, slots=True)
class PremiumDay:
    """`timestamp` in milliseconds."""

    timestamp: int
    funds: Sequence[Premium]


_of_fund, _of_all = reader_of(list[_DayOfFund]), reader_of(list[_DayOfAll])
_decoder = msgspec.json.Decoder(list[_DayOfAll], strict=False)


def _read(value: Any, path: Path, reading: Reading) -> Sequence[_DayOfFund | _DayOfAll]:  # noqa: ANN401  # JSON
    """Return the days in the form of the answer: that of one fund has figures beside the times, and no lists."""
    names = {name for day in value if isinstance(day, dict) for name in day} if isinstance(value, list) else set()
    is_of_fund = "list" not in names and not names.isdisjoint(_Figures.__struct_fields__)
    days: Sequence[_DayOfFund | _DayOfAll] = (_of_fund if is_of_fund else _of_all)(value, path, reading)
    return days


def _days(rows: Sequence[_DayOfFund | _DayOfAll]) -> list[PremiumDay]:
    days = by_time([row.timestamp for row in rows], rows, "data.timestamp")
    return [PremiumDay(time, tuple(map(_premium, _funds(row)))) for time, row in days.items()]


def _funds(row: _DayOfFund | _DayOfAll) -> Sequence[_Figures]:
    return row.funds if isinstance(row, _DayOfAll) else (row,)


def _premium(fund: _Figures) -> Premium:
    for name in _Figures.__struct_fields__:
        finite((getattr(fund, name),), f"data.{name}")
    ticker = fund.ticker if isinstance(fund, _Fund) else None
    return Premium(ticker, fund.nav_usd, fund.market_price_usd, fund.premium_discount_details)


decode_premiums: Decode[list[PremiumDay]] = named(
    tolerant(lambda data: _days(_decoder.decode(data)), _read, _days), "fund premiums"
)
