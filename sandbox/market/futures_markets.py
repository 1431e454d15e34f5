"""Futures: current markets of coins, pairs and exchanges."""

import math
from collections.abc import Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from sandbox.market.flows import pairs_between
from sandbox.market.futures_liquidations import totals_by_period
from sandbox.market.futures_taker_volume import flows_by_period, length_of
from sandbox.market.levels import (
    chosen,
    funding_rate,
    next_funding,
    open_interest,
    weighted_funding,
)
from sandbox.market.model import Model, ModelContext, Row, percent_change
from sandbox.market.path import DAY
from sandbox.market.prices import pair_price, price, price_path
from sandbox.market.shares import ShareOf
from sandbox.market.universe import COINS, FUTURES_EXCHANGES, ModelPair, pairs_of_coin
from sandbox.windows import Query, page_of

_PERIODS = ("5m", "15m", "30m", "1h", "4h", "12h", "24h")
_OPEN_INTEREST_PERIODS = ("5m", "15m", "30m", "1h", "4h", "24h")
_VOLUME_USD_PERIODS = ("1h", "4h", "24h")
_USD_OF_A_TRADE = 5000.0


def pairs_markets(query: Query, context: ModelContext) -> list[Row]:
    """Return the coin's pairs, the one with most volume first; none for an unknown coin."""
    rows = [_pair_row(pair, context.now) for pair in pairs_of_coin(query["symbol"])]
    return sorted(rows, key=lambda row: -row["volume_usd"])


def _pair_row(pair: ModelPair, now: int) -> Row:
    today, yesterday = (pairs_between((pair,), now - (days + 1) * DAY, now - days * DAY) for days in (0, 1))
    now_open, before_open = open_interest((pair,), now), open_interest((pair,), now - DAY)
    buy, sell, at = round(today.buy, 4), round(today.sell, 4), pair_price(pair, now)
    return {
        "instrument_id": pair.symbol,
        "exchange_name": pair.exchange,
        "symbol": f"{pair.base}/{pair.quote}",
        "current_price": at,
        "index_price": price(pair.base, now),
        "price_change_percent_24h": percent_change(pair_price(pair, now - DAY), at),
        "volume_usd": round(buy + sell, 4),
        "volume_usd_change_percent_24h": percent_change(yesterday.volume, today.volume),
        "long_volume_usd": buy,
        "short_volume_usd": sell,
        "long_volume_quantity": round(buy / _USD_OF_A_TRADE),
        "short_volume_quantity": round(sell / _USD_OF_A_TRADE),
        "open_interest_quantity": round(now_open / at, 4),
        "open_interest_usd": round(now_open, 4),
        "open_interest_change_percent_24h": percent_change(before_open, now_open),
        "long_liquidation_usd_24h": round(today.long_liquidation, 2),
        "short_liquidation_usd_24h": round(today.short_liquidation, 2),
        "funding_rate": funding_rate(pair, now),
        "next_funding_time": next_funding(pair, now),
        "open_interest_volume_radio": round(now_open / (buy + sell), 4),
        "oi_vol_ratio_change_percent_24h": percent_change(before_open / yesterday.volume, now_open / today.volume),
    }


def coins_markets(query: Query, context: ModelContext) -> list[Row]:
    """Return a page of the coins, the one with most open interest first, on all exchanges or chosen ones."""
    by_size = sorted(COINS.values(), key=lambda coin: coin.rank)
    parts = [(coin.symbol, chosen(pairs_of_coin(coin.symbol), query.get("exchange_list"))) for coin in by_size]
    listed = [(coin, pairs) for coin, pairs in parts if pairs]
    return [_coin_row(coin, pairs, context.now) for coin, pairs in page_of(listed, query)]


def _coin_row(coin: str, pairs: tuple[ModelPair, ...], now: int) -> Row:
    at, size = price(coin, now), open_interest(pairs, now)
    capitalisation = at * COINS[coin].supply
    volume = pairs_between(pairs, now - DAY, now).volume
    row = {
        "symbol": coin,
        "current_price": at,
        "avg_funding_rate_by_oi": weighted_funding(ShareOf.OPEN_INTEREST, pairs, now),
        "avg_funding_rate_by_vol": weighted_funding(ShareOf.BUY, pairs, now),
        "market_cap_usd": round(capitalisation, 4),
        "open_interest_market_cap_ratio": round(size / capitalisation, 4),
        "open_interest_usd": round(size, 4),
        "open_interest_quantity": round(size / at, 4),
        "open_interest_volume_ratio": round(size / volume, 4),
    }
    return (
        row
        | price_changes(coin, now)
        | _open_interest_changes(pairs, size, now)
        | _volumes(pairs, now)
        | totals_by_period(pairs, now)
    )


def price_changes(coin: str, now: int) -> dict[str, float]:
    after = price(coin, now)
    return {
        f"price_change_percent_{period}": percent_change(price(coin, now - length_of(period)), after)
        for period in _PERIODS
    }


def _open_interest_changes(pairs: tuple[ModelPair, ...], after: float, now: int) -> dict[str, float]:
    return {
        f"open_interest_change_percent_{period}": percent_change(open_interest(pairs, now - length_of(period)), after)
        for period in _OPEN_INTEREST_PERIODS
    }


def _volumes(pairs: tuple[ModelPair, ...], now: int) -> dict[str, float]:
    """Return how volumes changed against the period before, and buys over sells."""
    row: dict[str, float] = {}
    for period, flow in flows_by_period(pairs, _PERIODS, now).items():
        length = length_of(period)
        earlier = pairs_between(pairs, now - 2 * length, now - length).volume
        row[f"long_short_ratio_{period}"] = round(flow.buy / flow.sell, 4)
        if period in _OPEN_INTEREST_PERIODS:
            row[f"volume_change_percent_{period}"] = percent_change(earlier, flow.volume)
        if period in _VOLUME_USD_PERIODS:
            row[f"volume_change_usd_{period}"] = round(flow.volume - earlier, 4)
    return row


def coins_price_change(_query: Query, context: ModelContext) -> list[Row]:
    rows = []
    for coin in sorted(COINS.values(), key=lambda coin: coin.rank):
        row: Row = {"symbol": coin.symbol, "current_price": price(coin.symbol, context.now)}
        row |= price_changes(coin.symbol, context.now)
        for period in _PERIODS:
            bar = price_path(coin.symbol).bar(_minute(context.now - length_of(period)), context.now)
            row[f"price_amplitude_percent_{period}"] = percent_change(bar.low, bar.high)
        rows.append(row)
    return rows


def _minute(time: int) -> int:
    return time - time % 60_000


def exchange_ranking(_query: Query, context: ModelContext) -> list[Row]:
    """Return each exchange over all coins, the one with most open interest first."""
    rows = []
    for exchange in FUTURES_EXCHANGES:
        by_coin = [pairs for coin in COINS if (pairs := chosen(pairs_of_coin(coin), exchange))]
        flows = [pairs_between(pairs, context.now - DAY, context.now) for pairs in by_coin]
        rows.append(
            {
                "exchange": exchange,
                "open_interest_usd": round(math.fsum(open_interest(pairs, context.now) for pairs in by_coin)),
                "volume_usd": round(math.fsum(flow.volume for flow in flows)),
                "liquidation_usd_24h": round(
                    math.fsum(flow.long_liquidation + flow.short_liquidation for flow in flows), 6
                ),
            }
        )
    return sorted(rows, key=lambda row: -row["open_interest_usd"])


MODELS: Mapping[Endpoint, Model] = {
    futures.market.PAIRS_MARKETS: pairs_markets,
    futures.market.COINS_MARKETS: coins_markets,
    futures.market.PRICE_CHANGES: coins_price_change,
    futures.market.EXCHANGE_RANKING: exchange_ranking,
}
