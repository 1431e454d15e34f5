"""Exchange-traded funds of the modelled market: holdings from which flows, net assets and prices follow.

What a fund holds at the end of a trading day is a function of fund and day. Its flow is the change since the trading
day before, valued at the coin's price at the end of the day; the total is the sum over the funds. A share is a fixed
number of coins, and stands a small premium beside their value. A day counts when it is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf
from sandbox.market.days import is_weekday, price_at_start
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal
from sandbox.market.path import DAY
from sandbox.windows import Query

_FLOW_UNIT, _SMALL_FLOW_UNIT = 100_000, 10_000  # US dollars, to which flows are stated
_BLOCK = 500  # shares, in which they are issued and redeemed
_LARGE_COINS = ("BTC", "ETH")


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund: `size` in coins when it is mature, `coins_per_share`, and whether it has shrunk since its listing."""

    ticker: str
    coin: str
    listed: int
    size: float
    coins_per_share: float
    fee_percent: str = "0.25"
    exchange: str = "XNAS"
    is_shrinking: bool = False

    @property
    def name(self) -> str:
        return f"{self.ticker} {self.coin} fund (modelled)"


def _day(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def _funds(coin: str, listed: str, coins_per_share: float, sizes: Mapping[str, float]) -> tuple[Fund, ...]:
    return tuple(Fund(ticker, coin, _day(listed), size, coins_per_share) for ticker, size in sizes.items())


_GBTC = Fund("GBTC", "BTC", _day("2024-01-11"), 160_000, 0.00078, "1.5", "ARCX", is_shrinking=True)
_ETHE = Fund("ETHE", "ETH", _day("2024-07-23"), 900_000, 0.0082, "2.5", "ARCX", is_shrinking=True)
_BITCOIN_SIZES = {
    "IBIT": 790_000,
    "FBTC": 205_000,
    "ARKB": 41_000,
    "BITB": 40_000,
    "BTCO": 6_000,
    "HODL": 17_500,
    "BRRR": 6_400,
    "EZBC": 6_200,
    "BTCW": 1_600,
    "BTC": 47_000,
}
BITCOIN = (_GBTC, *_funds("BTC", "2024-01-11", 0.00057, _BITCOIN_SIZES))
_ETHER_SIZES = {
    "ETHA": 3_700_000,
    "FETH": 760_000,
    "ETHW": 120_000,
    "TETH": 28_000,
    "ETHV": 62_000,
    "QETH": 12_000,
    "EZET": 20_000,
    "ETH": 700_000,
}
ETHER = (_ETHE, *_funds("ETH", "2024-07-23", 0.0076, _ETHER_SIZES))
SOLANA = (
    *_funds("SOL", "2025-10-28", 0.13, {"BSOL": 4_600_000, "GSOL": 800_000}),
    *_funds("SOL", "2025-11-18", 0.13, {"VSOL": 240_000, "FSOL": 950_000, "TSOL": 120_000}),
)
XRP = (
    *_funds("XRP", "2025-11-13", 9.0, {"XRPC": 190_000_000}),
    *_funds("XRP", "2025-11-24", 9.0, {"XRPZ": 110_000_000, "XRP": 150_000_000, "GXRP": 130_000_000}),
)
HYPE = (
    *_funds("HYPE", "2026-05-12", 0.6, {"THYP": 900_000}),
    *_funds("HYPE", "2026-05-27", 0.6, {"BHYP": 1_400_000}),
)
_HONG_KONG_SIZES = {"CHINAAMC": 2_400, "HARVEST": 700, "BOSERA&HASHKEY": 2_100}
HONG_KONG = _funds("BTC", "2024-04-30", 0.0001, _HONG_KONG_SIZES)
BITCOIN_BY_TICKER = {fund.ticker: fund for fund in BITCOIN}


@lru_cache(maxsize=65_536)
def shares(fund: Fund, day: int) -> int:
    """Return the shares outstanding at the end of a trading day; none before the listing."""
    if day < fund.listed and not fund.is_shrinking:
        return 0
    age = max(0, day - fund.listed) / DAY
    grown = 1 + 2.2 / (1 + age / 90) if fund.is_shrinking else 1.004 - 1 / (1 + age / 260)
    name = f"fund {fund.ticker}"
    moved = 1 + 0.06 * fractal("funds " + fund.coin, day, 300 * DAY, 5) + 0.04 * fractal(name, day, 120 * DAY, 4)
    return round(fund.size * grown * moved / fund.coins_per_share / _BLOCK) * _BLOCK


def holdings(fund: Fund, day: int) -> float:
    """Return the coins held at the end of a trading day."""
    return round(shares(fund, day) * fund.coins_per_share, 4)


def flow_usd(fund: Fund, day: int) -> int | None:
    """Return the net flow of a trading day; None before the fund is listed."""
    if day < fund.listed:
        return None
    change = holdings(fund, day) - holdings(fund, previous_trading_day(day))
    unit = _FLOW_UNIT if fund.coin in _LARGE_COINS else _SMALL_FLOW_UNIT
    return round(change * closing_price(fund.coin, day) / unit) * unit


def total_flow_usd(funds: Sequence[Fund], day: int) -> int:
    return sum(flow_usd(fund, day) or 0 for fund in funds)


def closing_price(coin: str, day: int) -> float:
    """Return the coin's price at the end of a day."""
    return price_at_start(coin, day + DAY)


def premium_percent(fund: Fund, day: int) -> float:
    return round(0.35 * fractal(f"premium of {fund.ticker}", day, 9 * DAY, 2), 2)


def share_price(fund: Fund, value: float, day: int) -> float:
    """Return the market price of a share at the coin's price `value`."""
    return round(value * fund.coins_per_share * (1 + premium_percent(fund, day) / 100), 2)


def net_asset_value(fund: Fund, value: float) -> float:
    return round(value * fund.coins_per_share, 2)


def net_assets_usd(fund: Fund, day: int) -> float:
    return round(holdings(fund, day) * closing_price(fund.coin, day), 2)


def previous_trading_day(day: int) -> int:
    return next(day - back * DAY for back in range(1, 4) if is_weekday(day - back * DAY))


def trading_days(first: int, now: int) -> list[int]:
    """Return the trading days that are over."""
    return [day for day in range(first, now - DAY + 1, DAY) if is_weekday(day)]


def last_trading_day(now: int) -> int:
    """Return the trading day that ended last."""
    return previous_trading_day(now // DAY * DAY)


def _flows(funds: Sequence[Fund]) -> Model:
    def model(_: Query, context: ModelContext) -> list[Row]:
        first = min(fund.listed for fund in funds)
        return [_day_of_flows(funds, day) for day in trading_days(first, context.now)]

    return model


def _day_of_flows(funds: Sequence[Fund], day: int) -> Row:
    flows = {fund.ticker: flow_usd(fund, day) for fund in funds}
    return {
        "timestamp": day,
        "flow_usd": sum(flow or 0 for flow in flows.values()),
        "price_usd": closing_price(funds[0].coin, day),
        "etf_flows": [
            {"etf_ticker": ticker} if flow is None else {"etf_ticker": ticker, "flow_usd": flow}
            for ticker, flow in flows.items()
        ],
    }


def _chosen(query: Query, funds: Sequence[Fund] = BITCOIN) -> Sequence[Fund]:
    """Return the fund that the query names, or all."""
    if "ticker" not in query:
        return funds
    return [fund for fund in funds if fund.ticker == query["ticker"]]


def _net_assets(funds: Sequence[Fund]) -> Model:
    def model(query: Query, context: ModelContext) -> list[Row]:
        chosen = _chosen(query, funds)
        days = trading_days(min((fund.listed for fund in chosen), default=context.now), context.now)
        return [_day_of_assets(chosen, day) for day in days]

    return model


def _day_of_assets(funds: Sequence[Fund], day: int) -> Row:
    return {
        "net_assets_usd": round(sum(net_assets_usd(fund, day) for fund in funds), 2),
        "change_usd": total_flow_usd(funds, day),
        "timestamp": day,
        "price_usd": closing_price(funds[0].coin, day),
    }


def _assets_under_management(query: Query, context: ModelContext) -> list[Row]:
    funds = _chosen(query)
    days = trading_days(min((fund.listed for fund in funds), default=context.now), context.now)
    return [{"time": day, "aum_usd": round(sum(net_assets_usd(fund, day) for fund in funds), 2)} for day in days]


def _premiums(query: Query, context: ModelContext) -> list[Row]:
    """Return days of all funds, or for one ticker the flat form."""
    funds = _chosen(query)
    days = trading_days(min((fund.listed for fund in funds), default=context.now), context.now)
    if "ticker" in query:
        return [{"timestamp": day} | _premium(fund, day) for day in days for fund in funds]
    return [
        {"timestamp": day, "list": [{"ticker": fund.ticker} | _premium(fund, day) for fund in funds]} for day in days
    ]


def _premium(fund: Fund, day: int) -> Row:
    close = closing_price(fund.coin, day)
    return {
        "nav_usd": net_asset_value(fund, close),
        "market_price_usd": share_price(fund, close, day),
        "premium_discount_details": premium_percent(fund, day),
    }


def _history(query: Query, context: ModelContext) -> list[Row]:
    return [_day_of_fund(fund, day) for fund in _chosen(query) for day in trading_days(fund.listed, context.now)]


def _day_of_fund(fund: Fund, day: int) -> Row:
    close = closing_price(fund.coin, day)
    return {
        "assets_date": day,
        "btc_holdings": holdings(fund, day),
        "market_date": day,
        "market_price": share_price(fund, close, day),
        "name": fund.name,
        "nav": net_asset_value(fund, close),
        "net_assets": net_assets_usd(fund, day),
        "premium_discount": premium_percent(fund, day),
        "shares_outstanding": shares(fund, day),
        "ticker": fund.ticker,
    }


MODELS: Mapping[Endpoint, Model] = {
    etf.BITCOIN_FLOWS: _flows(BITCOIN),
    etf.ETHEREUM_FLOWS: _flows(ETHER),
    etf.SOLANA_FLOWS: _flows(SOLANA),
    etf.XRP_FLOWS: _flows(XRP),
    etf.HYPE_FLOWS: _flows(HYPE),
    etf.HONG_KONG_BITCOIN_FLOWS: _flows(HONG_KONG),
    etf.BITCOIN_NET_ASSETS: _net_assets(BITCOIN),
    etf.ETHEREUM_NET_ASSETS: _net_assets(ETHER),
    etf.BITCOIN_PREMIUMS: _premiums,
    etf.FUND_HISTORY: _history,
    etf.FUND_ASSETS: _assets_under_management,
}
