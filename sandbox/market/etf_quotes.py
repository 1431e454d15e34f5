"""Quotes of the modelled funds: lists, single funds and the candles of a share.

A share is traded on weekdays from 14:30 to 21:00 UTC. Its candles are those of the coin, times the coins per share and
the premium of the day; that of a whole day closes at the price that the fund's history states.
"""

from collections.abc import Mapping, Sequence

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf
from sandbox.market.days import date_text, is_weekday
from sandbox.market.etf import (
    BITCOIN,
    BITCOIN_BY_TICKER,
    ETHER,
    ModelFund,
    closing_price,
    holdings,
    last_trading_day,
    premium_percent,
    previous_trading_day,
    share_price,
    shares,
    trading_days,
)
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal, hashed
from sandbox.market.path import DAY, HOUR, MINUTE
from sandbox.market.prices import price, price_path
from sandbox.windows import Query

_OPENS, _CLOSES = 14 * HOUR + 30 * MINUTE, 21 * HOUR
_EARLY, _LATE = 9 * HOUR, 24 * HOUR
_WEEK, _YEAR = 5, 365  # trading days, days
_STEPS = {"1d": 5 * MINUTE, "7d": 30 * MINUTE}
_NANOSECONDS = 1_000_000  # in a millisecond


def _status(now: int) -> str:
    day = now // DAY * DAY
    if not is_weekday(day):
        return "closed"
    time = now - day
    if _OPENS <= time < _CLOSES:
        return "open"
    if _EARLY <= time < _OPENS:
        return "early_trading"
    return "late_trading" if _CLOSES <= time < _LATE else "closed"


def _last_trade(now: int) -> int:
    """Return when a share was traded last: now, or at the end of the session before."""
    day = now // DAY * DAY
    if is_weekday(day) and now - day >= _OPENS:
        return min(now, day + _CLOSES)
    return previous_trading_day(day) + _CLOSES


def _volume(fund: ModelFund, day: int) -> int:
    """Return the shares traded on a day, in hundreds."""
    part = 0.02 * (1 + 0.6 * fractal(f"volume of {fund.ticker}", day, 8 * DAY))
    return int(shares(fund, day) * part / 100) * 100


def _value(fund: ModelFund, now: int) -> float:
    """Return the price of a share now."""
    traded = _last_trade(now)
    return share_price(fund, price(fund.coin, traded), traded // DAY * DAY)


def _change(fund: ModelFund, now: int) -> tuple[float, float]:
    """Return the change of the price since the trading day before: in US dollars, and in percent."""
    day = previous_trading_day(_last_trade(now) // DAY * DAY)
    before = share_price(fund, closing_price(fund.coin, day), day)
    change = round(_value(fund, now) - before, 2)
    return change, round(change / before * 100, 2)


def _list(funds: Sequence[ModelFund]) -> Model:
    def model(_: Query, context: ModelContext) -> list[Row]:
        return [_listed(fund, context.now) for fund in funds if fund.listed <= last_trading_day(context.now)]

    return model


def _listed(fund: ModelFund, now: int) -> Row:
    day, traded = last_trading_day(now), _last_trade(now)
    count, share, volume = shares(fund, day), _value(fund, now), _volume(fund, day)
    assets = round(holdings(fund, day) * price(fund.coin, traded), 2)
    change, percent = _change(fund, now)
    return {
        "ticker": fund.ticker,
        "fund_name": fund.name,
        "region": "us",
        "market_status": _status(now),
        "primary_exchange": fund.exchange,
        "cik_code": "0000000000",
        "fund_type": "Spot",
        "market_cap_usd": str(round(count * share, 2)),
        "list_date": fund.listed,
        "shares_outstanding": str(count),
        "aum_usd": str(assets),
        "management_fee_percent": fund.fee_percent,
        "last_trade_time": traded,
        "last_quote_time": traded,
        "volume_quantity": volume,
        "volume_usd": round(volume * share, 4),
        "price_usd": share,
        "price_change_usd": change,
        "price_change_percent": percent,
        "asset_details": _holdings(fund, day, assets),
        "update_timestamp": now // MINUTE * MINUTE,
    }


def _holdings(fund: ModelFund, day: int, assets: float) -> Row:
    """Return what the fund holds, by the names of live answers."""
    quantity = holdings(fund, day)
    week_ago = day
    for _ in range(_WEEK):
        week_ago = previous_trading_day(week_ago)
    row: Row = {
        "net_asset_value_usd": assets,
        "premium_discount_percent": premium_percent(fund, day),
        "holding_quantity": quantity,
    }
    for period, then in (("24h", previous_trading_day(day)), ("7d", week_ago)):
        before = holdings(fund, then)
        row[f"change_quantity_{period}"] = round(quantity - before, 4)
        row[f"change_percent_{period}"] = round((quantity - before) / before * 100, 2) if before else 0
    return row | {"update_date": date_text(day)}


def _prices(query: Query, context: ModelContext) -> list[Row]:
    fund = BITCOIN_BY_TICKER.get(query["ticker"])
    if fund is None:
        return []
    now, period = context.now, query.get("range", "7d")
    if period not in _STEPS:
        return [
            _candle(fund, day, range(day, day + DAY, DAY), _volume(fund, day)) for day in trading_days(fund.listed, now)
        ]
    last = _last_trade(now) // DAY * DAY
    days = [day for day in range(last - (0 if period == "1d" else 6 * DAY), last + 1, DAY) if is_weekday(day)]
    step = _STEPS[period]
    rows = []
    for day in days:
        starts = range(day + _OPENS, min(day + _CLOSES, now), step)
        part = _volume(fund, day) * step / (_CLOSES - _OPENS)
        rows += [_candle(fund, day, range(start, start + step, step), int(part), now) for start in starts]
    return rows


def _candle(fund: ModelFund, day: int, span: range, volume: int, now: int | None = None) -> Row:
    bar = price_path(fund.coin).bars(span, span.stop if now is None else now)[0]
    row: Row = {"time": span.start}
    row |= {
        name: share_price(fund, figure, day) for name, figure in zip(("open", "high", "low", "close"), bar, strict=True)
    }
    return row | {"volume": volume}


def _detail(query: Query, context: ModelContext) -> Row:
    fund, now = BITCOIN_BY_TICKER[query["ticker"]], context.now
    return {
        "ticker_info": _register(fund, now),
        "market_status": _status(now),
        "name": fund.name,
        "ticker": fund.ticker,
        "type": "stocks",
        "session": _session(fund, now),
        "last_quote": _quote(fund, now),
        "last_trade": _trade(fund, now),
        "performance": _performance(fund, now),
    }


def _register(fund: ModelFund, now: int) -> Row:
    """Return a register entry whose numbers and addresses are placeholders."""
    return {
        "id": BITCOIN.index(fund) + 1,
        "ticker": fund.ticker,
        "name": fund.name,
        "market": "stocks",
        "region": "us",
        "primary_exchange": fund.exchange,
        "fund_type": "ETV",
        "active": "true",
        "currency_name": "usd",
        "cik_code": "0000000000",
        "composite_figi": "BBG000000000",
        "share_class_figi": "BBG000000000",
        "phone_number": "000-000-0000",
        "tag": fund.coin,
        "type2": "Spot",
        "address": {"address_1": '{"city":"MODELLED"}'},
        "sic_code": "6221",
        "sic_description": "COMMODITY CONTRACTS BROKERS & DEALERS",
        "ticker_root": fund.ticker,
        "list_date": fund.listed,
        "share_class_shares_outstanding": str(shares(fund, last_trading_day(now))),
        "round_lot": "100",
        "status": 1,
        "update_time": now // MINUTE * MINUTE,
    }


def _session(fund: ModelFund, now: int) -> Row:
    traded = _last_trade(now)
    day = traded // DAY * DAY
    start = min(day + _OPENS, traded - MINUTE)
    bar = price_path(fund.coin).bar(start, traded)
    before = previous_trading_day(day)
    change, percent = _change(fund, now)
    open_, high, low, close = (share_price(fund, figure, day) for figure in bar)
    return {
        "change": change,
        "change_percent": percent,
        "early_trading_change": 0,
        "early_trading_change_percent": 0,
        "close": close,
        "high": high,
        "low": low,
        "open": open_,
        "volume": _volume(fund, day),
        "previous_close": share_price(fund, closing_price(fund.coin, before), before),
        "price": _value(fund, now),
    }


def _quote(fund: ModelFund, now: int) -> Row:
    traded, share = _last_trade(now), _value(fund, now)
    return {
        "last_updated": traded * _NANOSECONDS,
        "timeframe": "REAL-TIME",
        "ask": round(share + 0.01, 2),
        "ask_size": 1 + int(40 * hashed(f"ask of {fund.ticker}", traded // MINUTE)),
        "ask_exchange": 8,
        "bid": round(share - 0.01, 2),
        "bid_size": 1 + int(40 * hashed(f"bid of {fund.ticker}", traded // MINUTE)),
        "bid_exchange": 11,
    }


def _trade(fund: ModelFund, now: int) -> Row:
    traded = _last_trade(now)
    return {
        "last_updated": traded * _NANOSECONDS,
        "timeframe": "REAL-TIME",
        "id": str(traded // MINUTE),
        "price": _value(fund, now),
        "size": 1 + int(400 * hashed(f"trade of {fund.ticker}", traded // MINUTE)),
        "exchange": 12,
        "conditions": [12, 37],
    }


def _performance(fund: ModelFund, now: int) -> Row:
    """Return the extremes of the closing prices of a year, and the changes since its start and within a year."""
    days = trading_days(max(fund.listed, now // DAY * DAY - _YEAR * DAY), now)
    closes = {day: share_price(fund, closing_price(fund.coin, day), day) for day in days}
    lowest, highest = min(closes, key=closes.__getitem__), max(closes, key=closes.__getitem__)
    year = date_text(now)[:4]
    first_of_year = next((day for day in days if date_text(day).startswith(year)), days[-1])
    latest = closes[days[-1]]
    return {
        "low_price_52week": closes[lowest],
        "high_price_52week": closes[highest],
        "high_price_52week_date": highest,
        "low_price_52week_date": lowest,
        "ydt_change_percent": round((latest / closes[first_of_year] - 1) * 100, 2),
        "year_change_percent": round((latest / closes[days[0]] - 1) * 100, 2),
        "avg_vol_usd_10d": sum(_volume(fund, day) for day in days[-10:]) // len(days[-10:]),
    }


MODELS: Mapping[Endpoint, Model] = {
    etf.BITCOIN_LIST: _list(BITCOIN),
    etf.ETHEREUM_LIST: _list(ETHER),
    etf.FUND_PRICE_HISTORY: _prices,
    etf.FUND_DETAIL: _detail,
}
