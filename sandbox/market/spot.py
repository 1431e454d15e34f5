"""Spot: listings, prices, the volume of market orders, and current markets of coins and pairs."""

import functools
from collections.abc import Mapping
from itertools import pairwise

from cg_client.endpoint import Endpoint
from cg_client.endpoints import spot
from cg_client.endpoints.indicators import market
from cg_client.windows import floor
from sandbox.market import futures_order_books as order_books
from sandbox.market import futures_taker_volume as taker_volume
from sandbox.market.days import daily_prices, day_starts
from sandbox.market.flows import Flow, pairs_bars, pairs_between
from sandbox.market.levels import Pairs, chosen
from sandbox.market.model import Model, ModelContext, Row, percent_change
from sandbox.market.path import DAY, MINUTE, WEEK
from sandbox.market.prices import FIRST, pair_bars, pair_price, price
from sandbox.market.supply import supply
from sandbox.market.universe import COINS, SPOT_EXCHANGES, SPOT_PAIRS, ModelPair, pairs_of_coin
from sandbox.windows import Query, page_of

_COIN_PERIODS = ("5m", "15m", "30m", "1h", "4h", "12h", "24h", "1w")
_PAIR_PERIODS = ("1h", "4h", "12h", "24h", "1w")
_LONGEST_LISTED = 30  # days
_COMPARED = {"Coinbase": "BTC-USD", "Binance": "BTCUSDT"}
_UNIT_IS_NAMED = ("1h", "1w")  # in the change of a pair's volume


def _coins(_query: Query, _context: ModelContext) -> list[str]:
    return list(COINS)


def _pairs(_query: Query, _context: ModelContext) -> dict[str, list[Row]]:
    listing: dict[str, list[Row]] = {exchange: [] for exchange in SPOT_EXCHANGES}
    for pair in SPOT_PAIRS:
        row = {"instrument_id": pair.symbol, "base_asset": pair.base, "quote_asset": pair.quote}
        listing[pair.exchange].append(row)
    return listing


def _price_history(query: Query, context: ModelContext) -> list[Row]:
    pair, starts = context.pair(query), context.starts(query)
    bars, flows = pair_bars(pair, starts, context.now), pairs_bars((pair,), starts, context.now)
    return [
        {"time": time, **bar._asdict(), "volume_usd": round(flow.volume, 4)}
        for time, bar, flow in zip(starts, bars, flows, strict=True)
    ]


def _coin_history(query: Query, context: ModelContext) -> list[Row]:
    coin, days = query["symbol"], day_starts(FIRST, context.now)
    rows = []
    for day, value in zip(days, daily_prices(coin, days), strict=True):
        coins = supply(coin, day)
        rows.append(
            {
                "timestamp": day,
                "price": f"{value:.10f}",
                "circulating_supply": f"{coins:.10f}",
                "market_cap": round(value * coins, 4),
            }
        )
    return rows


def _length_of(period: str) -> int:
    return WEEK if period == "1w" else taker_volume.length_of(period)


def _coins_markets(query: Query, context: ModelContext) -> list[Row]:
    by_size = sorted(COINS, key=lambda coin: COINS[coin].rank)
    return [_coin_market(coin, floor(context.now, MINUTE)) for coin in page_of(by_size, query)]


@functools.lru_cache(maxsize=256)
def _coin_market(coin: str, now: int) -> Row:
    """Return a coin's row as of a whole minute; it is shared: do not change it."""
    last = price(coin, now)
    row: Row = {"symbol": coin, "current_price": last, "market_cap": round(last * COINS[coin].supply, 4)}
    for period, (flow, before) in _flows(pairs_of_coin(coin, is_spot=True), _COIN_PERIODS, now).items():
        earlier = price(coin, now - _length_of(period))
        row |= _price_change(period, earlier, last, COINS[coin].decimals) | _amounts(period, flow)
        row[f"volume_change_usd_{period}"] = round(flow.volume - before.volume, 4)
        row[f"volume_change_percent_{period}"] = percent_change(before.volume, flow.volume)
        row[f"volume_flow_usd_{period}"] = round(flow.buy - flow.sell, 4)
    return row


def _flows(pairs: Pairs, periods: tuple[str, ...], now: int) -> dict[str, tuple[Flow, Flow]]:
    """Return the amounts of the periods that end now, and of those before them."""
    ages = sorted({0, *(_length_of(period) * times for period in periods for times in (1, 2))})
    since, total = {0: Flow(0, 0, 0, 0)}, Flow(0, 0, 0, 0)
    for newer, older in pairwise(ages):
        total = taker_volume.added(total, pairs_between(pairs, now - older, now - newer))
        since[older] = total
    flows = {}
    for period in periods:
        length = _length_of(period)
        flow, both = since[length], since[2 * length]
        flows[period] = flow, Flow(*(whole - part for whole, part in zip(both, flow, strict=True)))
    return flows


def _price_change(period: str, before: float, after: float, decimals: int) -> Row:
    return {
        f"price_change_{period}": round(after - before, decimals),
        f"price_change_percent_{period}": percent_change(before, after),
    }


def _amounts(period: str, flow: Flow) -> Row:
    buy, sell = round(flow.buy, 4), round(flow.sell, 4)
    return {
        f"volume_usd_{period}": round(buy + sell, 4),
        f"buy_volume_usd_{period}": buy,
        f"sell_volume_usd_{period}": sell,
    }


def _pairs_markets(query: Query, context: ModelContext) -> list[Row]:
    return [_pair_market(pair, context.now) for pair in pairs_of_coin(query["symbol"], is_spot=True)]


def _pair_market(pair: ModelPair, now: int) -> Row:
    last, decimals = pair_price(pair, now), COINS[pair.base].decimals
    row: Row = {"symbol": f"{pair.base}/{pair.quote}", "exchange_name": pair.exchange, "current_price": last}
    for period, (flow, before) in _flows((pair,), _PAIR_PERIODS, now).items():
        unit = "usd_" if period in _UNIT_IS_NAMED else ""
        row |= _price_change(period, pair_price(pair, now - _length_of(period)), last, decimals) | _amounts(
            period, flow
        )
        row[f"volume_change_{unit}{period}"] = round(flow.volume - before.volume, 4)
        row[f"volume_change_percent_{period}"] = percent_change(before.volume, flow.volume)
        row[f"net_flows_usd_{period}"] = round(flow.buy - flow.sell, 4)
    return row


def _netflow_list(query: Query, context: ModelContext) -> list[Row]:
    by_size = sorted(COINS, key=lambda coin: COINS[coin].rank)
    return [_netflow(coin, floor(context.now, MINUTE)) for coin in page_of(by_size, query)]


def _netflow(coin: str, now: int) -> Row:
    """Return a row whose net flow of seven days is called that of `1w`, unlike those beside it."""
    row = taker_volume.listed_netflow(coin, now, is_spot=True)
    return {"net_flow_usd_1w" if name == "net_flow_usd_7d" else name: row[name] for name in row if _is_listed(name)}


def _is_listed(name: str) -> bool:
    """Whether a field is one of spot's list, which ends with 30 days."""
    period = name.rpartition("_")[2]
    return not period[0].isdigit() or taker_volume.length_of(period) <= _LONGEST_LISTED * DAY


def _volume_ratio(query: Query, context: ModelContext) -> list[Row]:
    """Return futures and spot volume on the exchanges that the query names."""
    starts, now = context.starts(query), context.now
    futures_pairs, spot_pairs = (
        chosen(pairs_of_coin(query["symbol"], is_spot=is_spot), query.get("exchange_list")) for is_spot in (False, True)
    )
    rows = []
    if not futures_pairs or not spot_pairs:
        return []
    for time, futures, on_spot in zip(
        starts, pairs_bars(futures_pairs, starts, now), pairs_bars(spot_pairs, starts, now), strict=True
    ):
        rows.append(
            {
                "time": time,
                "futures_spot_vol_ratio": round(futures.volume / on_spot.volume, 4) if on_spot.volume else 0.0,
                "futures_vol_usd": round(futures.volume, 4),
                "spot_vol_usd": round(on_spot.volume, 4),
            }
        )
    return rows


def _coinbase_premium(query: Query, context: ModelContext) -> list[Row]:
    """Return how far bitcoin's pair on Coinbase stands above that on Binance at the end of each interval."""
    starts = context.starts(query)
    by_symbol = {pair.symbol: pair for pair in pairs_of_coin("BTC", is_spot=True) if pair.exchange in _COMPARED}
    bars = (pair_bars(by_symbol[symbol], starts, context.now) for symbol in _COMPARED.values())
    rows = []
    for time, coinbase, elsewhere in zip(starts, *bars, strict=True):
        premium = round(coinbase.close - elsewhere.close, 2)
        rows.append(
            {
                "time": time // 1000,
                "premium": premium,
                "premium_rate": round(premium / elsewhere.close * 100, 4),
                "coinbase_price": coinbase.close,
            }
        )
    return rows


MODELS: Mapping[Endpoint, Model] = {
    spot.SUPPORTED_COINS: _coins,
    spot.SUPPORTED_PAIRS: _pairs,
    spot.PRICE_HISTORY: _price_history,
    spot.COIN_HISTORY: _coin_history,
    spot.COINS_MARKETS: _coins_markets,
    spot.PAIRS_MARKETS: _pairs_markets,
    spot.ORDERBOOK_HISTORY: order_books.depth_history,
    spot.AGGREGATED_ORDERBOOK_HISTORY: order_books.aggregated_depth_history,
    spot.ORDERBOOK_SNAPSHOTS: order_books.snapshot_history,
    spot.LARGE_ORDERS: order_books.open_large_orders,
    spot.LARGE_ORDER_HISTORY: order_books.large_order_history,
    spot.TAKER_VOLUME_HISTORY: taker_volume.history,
    spot.AGGREGATED_TAKER_VOLUME_HISTORY: taker_volume.aggregated_history,
    spot.CVD_HISTORY: taker_volume.cvd,
    spot.AGGREGATED_CVD_HISTORY: taker_volume.aggregated_cvd,
    spot.FOOTPRINT_HISTORY: taker_volume.footprint_history,
    spot.NETFLOW_LIST: _netflow_list,
    spot.COIN_NETFLOW: taker_volume.coin_netflow,
    market.FUTURES_SPOT_VOLUME_RATIO: _volume_ratio,
    market.COINBASE_PREMIUM: _coinbase_premium,
}
