"""Hyperliquid endpoints of the modelled market: whales, positions by coin, wallets and what they do over time."""

from collections.abc import Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from sandbox.market import hyperliquid_positions as positions
from sandbox.market.hyperliquid_positions import ModelledPosition
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.path import HOUR, MINUTE
from sandbox.market.prices import price
from sandbox.windows import Query

_PER_PAGE = 20
_ALERTS, _ALERTED = 200, 12 * HOUR
_MAX_LEVERAGE = 40
_OPENED, _CLOSED = 1, 2


def _position(position: ModelledPosition, mark: float, now: int) -> Row:
    return {
        "user": position.user,
        "symbol": position.coin,
        "position_size": position.size,
        "entry_price": position.entry,
        "mark_price": mark,
        "liq_price": position.liquidation,
        "leverage": position.leverage,
        "margin_balance": position.margin_usd(mark),
        "position_value_usd": position.value_usd(mark),
        "unrealized_pnl": position.profit_usd(mark),
        "funding_fee": position.funding_usd(now),
        "margin_mode": "cross" if position.is_cross else "isolated",
        "create_time": position.created,
        "update_time": now,
    }


def _whale_positions(_: Query, context: ModelContext) -> list[Row]:
    now = context.now // MINUTE * MINUTE
    rows = []
    for coin in positions.COINS:
        mark = price(coin, now)
        rows += [_position(position, mark, now) for position in positions.open_positions(coin, now // MINUTE)]
    whales = [row for row in rows if row["position_value_usd"] >= positions.WHALE_USD]
    return sorted(whales, key=lambda row: -row["position_value_usd"])


def _whale_alerts(_: Query, context: ModelContext) -> list[Row]:
    now, rows = context.now, []
    for coin in positions.COINS:
        for time, position, is_opened in positions.recent_events(coin, now - _ALERTED, now, positions.WHALE_USD):
            value = position.value_usd(price(coin, time))
            if value >= positions.WHALE_USD:
                rows.append(_alert(time, position, value, _OPENED if is_opened else _CLOSED))
    return sorted(rows, key=lambda row: -row["create_time"])[:_ALERTS]


def _alert(time: int, position: ModelledPosition, value: float, action: int) -> Row:
    return {
        "user": position.user,
        "symbol": position.coin,
        "position_size": position.size,
        "entry_price": position.entry,
        "liq_price": position.liquidation,
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
        "list": [_position(position, mark, now) for position in shown],
    }


def _wallet(query: Query, context: ModelContext) -> Row:
    now = context.now // MINUTE * MINUTE
    open_positions = positions.of_wallet(query["user_address"].lower(), now)
    marks = {position.coin: price(position.coin, now) for position in open_positions}
    cross = [position for position in open_positions if position.is_cross]
    every, crossed = _summary(open_positions, marks), _summary(cross, marks)
    return {
        "margin_summary": every,
        "cross_margin_summary": crossed,
        "cross_maintenance_margin_used": round(
            sum(position.value_usd(marks[position.coin]) for position in cross) / (2 * _MAX_LEVERAGE), 6
        ),
        "withdrawable": round(crossed["account_value"] - crossed["total_margin_used"], 6),
        "asset_positions": [_asset(position, marks[position.coin], now) for position in open_positions],
    }


def _summary(open_positions: Sequence[ModelledPosition], marks: Mapping[str, float]) -> Row:
    """Return the totals; the equity is the raw balance with the signed value of the positions."""
    signed = sum(position.size * marks[position.coin] for position in open_positions)
    margin = sum(position.margin_usd(marks[position.coin]) for position in open_positions)
    equity = round(margin * 1.35, 6)
    return {
        "account_value": equity,
        "total_ntl_pos": round(sum(position.value_usd(marks[position.coin]) for position in open_positions), 6),
        "total_raw_usd": round(equity - signed, 6),
        "total_margin_used": round(margin, 6),
    }


def _asset(position: ModelledPosition, mark: float, now: int) -> Row:
    profit, funding = position.profit_usd(mark), position.funding_usd(now)
    return {
        "type": "oneWay",
        "position": {
            "coin": position.coin,
            "szi": position.size,
            "leverage": {"type": "cross" if position.is_cross else "isolated", "value": position.leverage},
            "entry_px": position.entry,
            "position_value": position.value_usd(mark),
            "unrealized_pnl": profit,
            "return_on_equity": round(profit / (abs(position.size) * position.entry / position.leverage), 10),
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
