"""Wallets on the modelled Hyperliquid in tiers: how many there are, what they hold, and on which side.

The longs of all tiers are the open interest, and so are their shorts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from cg_client.intervals import Interval
from cg_client.windows import floor
from sandbox.market.hyperliquid_positions import hyperliquid_usd
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal, smooth
from sandbox.market.path import DAY, MINUTE
from sandbox.market.universe import COINS
from sandbox.windows import Query

_COINS = ("BTC", "ETH", "SOL", "XRP", "HYPE", "DOGE", "SUI", "BNB")
_BY_TAG_FROM = 1_773_964_800_000  # 2026-03-20, the first day that CoinGlass has
_BY_TAG_ROWS = 1000
_REMARKS = (  # and the scores from which on they hold
    (0.5, "very_bullish"),
    (0.2, "bullish"),
    (0.05, "slightly_bullish"),
    (-0.05, "indecisive"),
    (-0.2, "slightly_bearish"),
    (-0.5, "bearish"),
    (-1.0, "very_bearish"),
)


@dataclass(frozen=True, slots=True)
class _Tier:
    """Bounds in US dollars, the number of wallets, the share with a position, weight, and the usual share in profit."""

    name: str
    minimum: int | None
    maximum: int | None
    wallets: int
    active: float
    weight: float
    profit: float = 0.45


_BY_SIZE = (
    _Tier("Shrimp", 0, 250, 420_000, 0.08, 0.002, 0.38),
    _Tier("Fish", 250, 10_000, 150_000, 0.16, 0.03, 0.40),
    _Tier("Dolphin", 10_000, 50_000, 24_000, 0.27, 0.06, 0.43),
    _Tier("Apex_Predator", 50_000, 100_000, 5_200, 0.34, 0.06, 0.45),
    _Tier("Small_Whale", 100_000, 500_000, 5_600, 0.40, 0.17, 0.48),
    _Tier("Whale", 500_000, 1_000_000, 1_050, 0.46, 0.12, 0.51),
    _Tier("Tidal_Whale", 1_000_000, 5_000_000, 760, 0.52, 0.25, 0.53),
    _Tier("Leviathan", 5_000_000, None, 190, 0.60, 0.31, 0.56),
)
_BY_PROFIT = (
    _Tier("Money_Printer", 1_000_000, None, 520, 0.55, 0.30, 0.72),
    _Tier("Smart_Money", 100_000, 1_000_000, 3_900, 0.42, 0.20, 0.66),
    _Tier("Grinder", 10_000, 100_000, 17_000, 0.30, 0.12, 0.60),
    _Tier("Humble_Earner", 0, 10_000, 182_000, 0.12, 0.06, 0.55),
    _Tier("Exit_Liquidity", -10_000, 0, 372_000, 0.10, 0.06, 0.34),
    _Tier("Semi_Rekt", -100_000, -10_000, 27_000, 0.22, 0.08, 0.30),
    _Tier("Full_Rekt", -1_000_000, -100_000, 4_000, 0.36, 0.10, 0.28),
    _Tier("Giga_Rekt", None, -1_000_000, 380, 0.48, 0.08, 0.25),
)
_TIERS = {tier.name.lower(): (tiers, tier) for tiers in (_BY_SIZE, _BY_PROFIT) for tier in tiers}


@dataclass(frozen=True, slots=True)
class _Sides:
    """The part of a tier in all longs and in all shorts, from 0 to 1."""

    long: float
    short: float


def _sides(tiers: Sequence[_Tier], subject: str, time: int) -> list[_Sides]:
    """Return the parts of the tiers, which add up to 1 on either side."""
    longs, shorts = [], []
    for tier in tiers:
        weight = tier.weight * (1 + 0.25 * smooth(f"{subject}/{tier.name}/weight", time, 9 * DAY))
        lean = 0.5 + 0.2 * smooth(f"{subject}/{tier.name}/lean", time, 3 * DAY)
        longs.append(weight * lean)
        shorts.append(weight * (1 - lean))
    return [_Sides(long / sum(longs), short / sum(shorts)) for long, short in zip(longs, shorts, strict=True)]


def _counts(tier: _Tier, time: int) -> tuple[int, int, int]:
    """Return how many wallets there are, how many have a position, and how many of these are in profit."""
    count = int(tier.wallets * (1 + 0.06 * smooth(f"{tier.name}/wallets", time, 60 * DAY)))
    active = int(count * tier.active * (1 + 0.15 * fractal(f"{tier.name}/active", time, 12 * DAY)))
    return count, active, int(active * (tier.profit + 0.18 * fractal(f"{tier.name}/profit", time, 5 * DAY)))


def _percent(part: float, whole: float) -> float:
    return round(part / whole * 100, 2)


def _remark(score: float) -> str:
    return next(remark for least, remark in _REMARKS if score >= least)


def _tagged(tier: _Tier, sides: _Sides, usd: float, time: int) -> Row:
    """Return a tier without percentages, as the history by tag has it; `usd` is the open interest."""
    long, short = round(usd * sides.long, 6), round(usd * sides.short, 6)
    count, active, profit = _counts(tier, time)
    score = round((long - short) / (long + short), 2)
    return {
        "group_name": tier.name,
        "all_address_count": count,
        "position_address_count": active,
        "bias_score": score,
        "bias_remark": _remark(score),
        "minimum_amount": tier.minimum,
        "maximum_amount": tier.maximum,
        "long_position_usd": long,
        "short_position_usd": short,
        "position_usd": round(long + short, 6),
        "profit_address_count": profit,
        "loss_address_count": active - profit,
    }


def _tier(tier: _Tier, sides: _Sides, usd: float, time: int) -> Row:
    row = _tagged(tier, sides, usd, time)
    long = _percent(row["long_position_usd"], row["position_usd"])
    profit = _percent(row["profit_address_count"], row["position_address_count"])
    return row | {
        "position_address_percent": _percent(row["position_address_count"], row["all_address_count"]),
        "long_position_usd_percent": long,
        "short_position_usd_percent": round(100 - long, 2),
        "profit_address_percent": profit,
        "loss_address_percent": round(100 - profit, 2),
    }


def _distribution(tiers: Sequence[_Tier]) -> Model:
    def model(_: Query, context: ModelContext) -> list[Row]:
        time = floor(context.now, MINUTE)
        usd = _open_interest(time)
        parts = _sides(tiers, "all", time)
        return [_tier(tier, sides, usd, time) for tier, sides in zip(tiers, parts, strict=True)]

    return model


def _open_interest(time: int) -> float:
    return sum(hyperliquid_usd(coin, time) for coin in _COINS)


def _part_of(tag: str, subject: str, time: int) -> tuple[_Tier, _Sides]:
    tiers, tier = _TIERS[tag.lower()]
    return tier, _sides(tiers, subject, time)[tiers.index(tier)]


def _distribution_by_tag(query: Query, context: ModelContext) -> list[Row]:
    """Return rows with their times, which the documented ones lack; the end of the window is exclusive."""
    step = Interval(query["interval"]).milliseconds
    limit = min(int(query.get("limit") or _BY_TAG_ROWS), _BY_TAG_ROWS)
    end = min(int(query.get("end_time") or context.now + 1), context.now + 1)
    start = max(int(query.get("start_time") or 0), _BY_TAG_FROM)
    newest = floor(end - 1, step)
    first = max(newest - (limit - 1) * step, start + -start % step)
    rows = []
    for time in range(first, newest + 1, step):
        tier, sides = _part_of(query["wallet_tag"], "all", time)
        row = _tagged(tier, sides, _open_interest(time), time)
        rows.append({"time": time} | row | {"group_name": tier.name.lower()})
    return rows


def _accounts_by_tag(query: Query, context: ModelContext) -> list[Row]:
    return [_tagged_accounts(query, time) for time in context.starts(query, _BY_TAG_FROM)]


def _tagged_accounts(query: Query, time: int) -> Row:
    coin = query["symbol"]
    tier, sides = _part_of(query["wallet_tag"], coin, time)
    usd = hyperliquid_usd(coin, time)
    _, active, _ = _counts(tier, time)
    count = max(2, int(active * _part_of_wallets(coin)))
    longs = int(count * (0.5 + 0.5 * (sides.long - sides.short) / (sides.long + sides.short)))
    return {
        "time": time,
        "group_name": tier.name.lower(),
        "account_long_count": longs,
        "account_short_count": count - longs,
        "short_position_usd": round(usd * sides.short, 5),
        "long_position_usd": round(usd * sides.long, 5),
    }


def _part_of_wallets(coin: str) -> float:
    """Return the share of the wallets that have a position in the coin."""
    return 0.05 + 0.4 * COINS[coin].open_interest_usd / COINS["BTC"].open_interest_usd


def _accounts(query: Query, context: ModelContext) -> list[Row]:
    return [_accounts_at(query["symbol"], time) for time in context.starts(query)]


def _accounts_at(coin: str, time: int) -> Row:
    total = int(60_000 * _part_of_wallets(coin) * (1 + 0.12 * fractal(f"hyperliquid/{coin}/accounts", time, 20 * DAY)))
    longs = int(total * (0.52 + 0.16 * fractal(f"hyperliquid/{coin}/long accounts", time, 6 * DAY)))
    long = _percent(longs, total)
    return {
        "time": time,
        "global_account_long_count": longs,
        "global_account_short_count": total - longs,
        "global_account_total_count": total,
        "global_account_long_percent": long,
        "global_account_short_percent": round(100 - long, 2),
        "global_account_long_short_ratio": round(longs / (total - longs), 4),
    }


MODELS: Mapping[Endpoint, Model] = {
    futures.hyperliquid.POSITION_DISTRIBUTION: _distribution(_BY_SIZE),
    futures.hyperliquid.PNL_DISTRIBUTION: _distribution(_BY_PROFIT),
    futures.hyperliquid.POSITION_DISTRIBUTION_BY_TAG: _distribution_by_tag,
    futures.hyperliquid.LONG_SHORT_ACCOUNTS: _accounts,
    futures.hyperliquid.LONG_SHORT_ACCOUNTS_BY_TAG: _accounts_by_tag,
}
