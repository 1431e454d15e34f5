"""Hyperliquid endpoints of the modelled market: whales, positions by coin, wallets and what they do over time."""

from collections.abc import Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from sandbox.market import hyperliquid_positions as positions
from sandbox.market.hyperliquid_positions import Position
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.path import HOUR, MINUTE
from sandbox.market.prices import price
from sandbox.windows import Query

_PER_PAGE = 20
_ALERTS, _ALERTED = 200, 12 * HOUR
_MAX_LEVERAGE = 40
_OPENED, _CLOSED = 1, 2


def _position(one: Position, mark: float, now: int) -> Row:
    return {
        "user": one.user,
        "symbol": one.coin,
        "position_size": one.size,
        "entry_price": one.entry,
        "mark_price": mark,
        "liq_price": one.liquidation,
        "leverage": one.leverage,
        "margin_balance": one.margin_usd(mark),
        "position_value_usd": one.value_usd(mark),
        "unrealized_pnl": one.profit_usd(mark),
        "funding_fee": one.funding_usd(now),
        "margin_mode": "cross" if one.is_cross else "isolated",
        "create_time": one.created,
        "update_time": now,
    }


def _whale_positions(_: Query, context: ModelContext) -> list[Row]:
    now = context.now // MINUTE * MINUTE
    rows = []
    for coin in positions.COINS:
        mark = price(coin, now)
        rows += [_position(one, mark, now) for one in positions.open_positions(coin, now // MINUTE)]
    whales = [row for row in rows if row["position_value_usd"] >= positions.WHALE_USD]
    return sorted(whales, key=lambda row: -row["position_value_usd"])


def _whale_alerts(_: Query, context: ModelContext) -> list[Row]:
    now, rows = context.now, []
    for coin in positions.COINS:
        for time, one, is_opened in positions.recent_events(coin, now - _ALERTED, now, positions.WHALE_USD):
            value = one.value_usd(price(coin, time))
            if value >= positions.WHALE_USD:
                rows.append(_alert(time, one, value, _OPENED if is_opened else _CLOSED))
    return sorted(rows, key=lambda row: -row["create_time"])[:_ALERTS]


def _alert(time: int, one: Position, value: float, action: int) -> Row:
    return {
        "user": one.user,
        "symbol": one.coin,
        "position_size": one.size,
        "entry_price": one.entry,
        "liq_price": one.liquidation,
        "position_value_usd": value,
        "position_action": action,
        "create_time": time,
    }


def _positions(query: Query, context: ModelContext) -> Row:
    coin, page = query["symbol"], int(query.get("current_page") or 1)
    now = context.now // MINUTE * MINUTE
    mark, opened = price(coin, now), positions.open_positions(coin, now // MINUTE)
    shown = opened[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    return {
        "total_pages": -(-len(opened) // _PER_PAGE),
        "current_page": page,
        "list": [_position(one, mark, now) for one in shown],
    }


def _wallet(query: Query, context: ModelContext) -> Row:
    now = context.now // MINUTE * MINUTE
    held = positions.of_wallet(query["user_address"].lower(), now)
    marks = {one.coin: price(one.coin, now) for one in held}
    cross = [one for one in held if one.is_cross]
    every, crossed = _summary(held, marks), _summary(cross, marks)
    return {
        "margin_summary": every,
        "cross_margin_summary": crossed,
        "cross_maintenance_margin_used": round(
            sum(one.value_usd(marks[one.coin]) for one in cross) / (2 * _MAX_LEVERAGE), 6
        ),
        "withdrawable": round(crossed["account_value"] - crossed["total_margin_used"], 6),
        "asset_positions": [_asset(one, marks[one.coin], now) for one in held],
    }


def _summary(held: Sequence[Position], marks: Mapping[str, float]) -> Row:
    """Return the totals; the equity is the raw balance with the signed value of the positions."""
    signed = sum(one.size * marks[one.coin] for one in held)
    margin = sum(one.margin_usd(marks[one.coin]) for one in held)
    equity = round(margin * 1.35, 6)
    return {
        "account_value": equity,
        "total_ntl_pos": round(sum(one.value_usd(marks[one.coin]) for one in held), 6),
        "total_raw_usd": round(equity - signed, 6),
        "total_margin_used": round(margin, 6),
    }


def _asset(one: Position, mark: float, now: int) -> Row:
    profit, funding = one.profit_usd(mark), one.funding_usd(now)
    return {
        "type": "oneWay",
        "position": {
            "coin": one.coin,
            "szi": one.size,
            "leverage": {"type": "cross" if one.is_cross else "isolated", "value": one.leverage},
            "entry_px": one.entry,
            "position_value": one.value_usd(mark),
            "unrealized_pnl": profit,
            "return_on_equity": round(profit / (abs(one.size) * one.entry / one.leverage), 10),
            "max_leverage": _MAX_LEVERAGE,
            "cum_funding": {"all_time": round(funding * 1.6, 6), "since_open": funding, "since_change": funding},
        },
    }


MODELS: Mapping[Endpoint, Model] = {
    futures.hyperliquid.WHALE_ALERTS: _whale_alerts,
    futures.hyperliquid.WHALE_POSITIONS: _whale_positions,
    futures.hyperliquid.POSITIONS: _positions,
    futures.hyperliquid.WALLET: _wallet,
}
