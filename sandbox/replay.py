"""Builds answers from the documented sample rows: repeated over the requested time, with the requested names.

No figure is invented. Only times change, and the names of coins, pairs and exchanges.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from cg_client.decoding.shapes import are_milliseconds
from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, futures, on_chain, spot
from cg_client.params.core import SeriesParams
from cg_client.plans.plan_table import Plan
from sandbox.directory import COINS, Listed, listed
from sandbox.samples import sample
from sandbox.windows import Query, bar_starts, page_of

Row: TypeAlias = dict[str, Any]


def replay(endpoint: Endpoint, query: Query, plan: Plan, now: int) -> Any:  # noqa: ANN401  # JSON
    """Return the `data` of the answer; `now` is in milliseconds."""
    data = sample(endpoint.path)["data"]
    if issubclass(endpoint.params, SeriesParams):
        data = _series(endpoint, data, query, plan, now)
    relabel = _RELABELLED.get(endpoint)
    if relabel is not None:
        data = relabel(endpoint, data, query)
    elif "heatmap" in endpoint.path and isinstance(data, dict):
        return _heatmap(data, now)
    return page_of(data, query) if isinstance(data, list) else data


def _series(endpoint: Endpoint, rows: Sequence[Any], query: Query, plan: Plan, now: int) -> list[Any]:
    """Repeat the sample's rows, one for each interval of the window."""
    times = bar_starts(endpoint, query, plan, now)
    return [_at(rows[(time // times.step) % len(rows)], time) for time in times]


def _at(row: Any, time: int) -> Any:  # noqa: ANN401  # JSON
    """Return the row at another time, in the sample's unit of time."""
    if isinstance(row, list):
        return [_in_unit_of(row[0], time), *row[1:]]
    # In the documented open-interest rows `time` is `open` times 1000; milliseconds are meant.
    return row | {"time": _in_unit_of(row["time"], time)}


def _in_unit_of(documented: int, time: int) -> int:
    return time if are_milliseconds(documented, documented) else time // 1000


def _heatmap(data: Row, now: int) -> Row:
    """Return as many candles up to now as the cells refer to; price indices beyond the sample's axis start over."""
    cells, prices, candles = data["liquidation_leverage_data"], data["y_axis"], data["price_candlesticks"]
    step = candles[1][0] - candles[0][0]
    count = max(cell[0] for cell in cells) + 1
    newest = now // 1000 - now // 1000 % step
    times = [newest - (count - 1 - index) * step for index in range(count)]
    return {
        "y_axis": prices,
        "liquidation_leverage_data": [[x, y % len(prices), value] for x, y, value in cells],
        "price_candlesticks": [[time, *candles[index % len(candles)][1:]] for index, time in enumerate(times)],
    }


def _listing(endpoint: Endpoint, _data: Any, _: Query) -> dict[str, list[Mapping[str, Any]]]:  # noqa: ANN401  # JSON
    by_exchange: dict[str, list[Mapping[str, Any]]] = {}
    for pair in listed(endpoint.path):
        by_exchange.setdefault(pair.exchange, []).append(pair.row)
    return by_exchange


def _coins(_endpoint: Endpoint, data: Sequence[str], _: Query) -> list[str]:
    return list(dict.fromkeys([*data, *COINS]))


def _for_each_coin(_endpoint: Endpoint, rows: Sequence[Row], _: Query) -> list[Row]:
    return [rows[index % len(rows)] | {"symbol": coin} for index, coin in enumerate(COINS)]


def _pair_markets(endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    pairs = [pair for pair in listed(endpoint.path) if pair.base == query["symbol"]]
    return [_labelled(rows[index % len(rows)], pair) for index, pair in enumerate(pairs)]


def _labelled(row: Row, pair: Listed) -> Row:
    labels = {"exchange_name": pair.exchange, "symbol": f"{pair.base}/{pair.quote}", "instrument_id": pair.symbol}
    return row | {name: label for name, label in labels.items() if name in row}


def _of_coin(_endpoint: Endpoint, data: Any, query: Query) -> Any:  # noqa: ANN401  # JSON
    labels = {"symbol": query["symbol"]}
    return [row | labels for row in data] if isinstance(data, list) else data | labels


def _orders(endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    """Return liquidations of a coin on an exchange, whose name is in capitals here, as documented."""
    exchange, base = query["exchange"], query["symbol"]
    pair = next(pair for pair in listed(endpoint.path) if (pair.exchange, pair.base) == (exchange, base))
    labels = {"exchange_name": pair.exchange.upper(), "symbol": pair.symbol, "base_asset": pair.base}
    smallest = float(query["min_liquidation_amount"])
    return _within([row | labels for row in rows if row["usd_value"] >= smallest], query)


def _within(rows: Sequence[Row], query: Query) -> list[Row]:
    """Move the rows into the requested window, whose end is exclusive."""
    start, end = query.get("start_time"), query.get("end_time")
    if not rows or not (start or end):
        return list(rows)
    times = [row["time"] for row in rows]
    shift = int(end) - 1 - max(times) if end else int(start or 0) - min(times)
    moved = [row | {"time": row["time"] + shift} for row in rows]
    return [row for row in moved if row["time"] >= int(start or 0)]


def _large_orders(endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    exchange, symbol = query["exchange"], query["symbol"]
    pair = next(pair for pair in listed(endpoint.path) if (pair.exchange, pair.symbol) == (exchange, symbol))
    labels = {"exchange_name": exchange, "symbol": symbol, "base_asset": pair.base, "quote_asset": pair.quote}
    return [row | labels for row in rows]


def _with_tag(_endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    """Return rows of wallets with the requested tag, which the answers write in lower case."""
    newest = rows[-int(query["limit"]) :] if "limit" in query else rows
    return [row | {"group_name": query["wallet_tag"].lower()} for row in newest]


def _positions(_endpoint: Endpoint, data: Row, query: Query) -> Row:
    """Return the sample's page for every number up to the total that it states."""
    number = int(query.get("current_page") or 1)
    rows = data["list"] if number <= data["total_pages"] else []
    return data | {"current_page": number, "list": [row | {"symbol": query["symbol"]} for row in rows]}


def _large_order_history(endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    """Return orders in the requested state, moved in time so that they end when the period does."""
    orders = [row for row in _large_orders(endpoint, rows, query) if str(row["order_state"]) == query["state"]]
    return [_moved(row, int(query["end_time"]) - row["order_end_time"]) for row in orders]


def _moved(row: Row, shift: int) -> Row:
    return {name: figure + shift if name.endswith("_time") else figure for name, figure in row.items()}


def _of_fund(_endpoint: Endpoint, data: Any, query: Query) -> Any:  # noqa: ANN401  # JSON
    labels = {"ticker": query["ticker"]}
    if isinstance(data, list):
        return [row | labels for row in data]
    return data | labels | {"ticker_info": data["ticker_info"] | labels}


def _transfers(_endpoint: Endpoint, rows: Sequence[Row], query: Query) -> list[Row]:
    labels = {"asset_symbol": query["symbol"]} if "symbol" in query else {}
    return [row | labels for row in rows if float(row["amount_usd"]) >= float(query.get("min_usd") or 0)]


def _premiums(_endpoint: Endpoint, days: Sequence[Row], query: Query) -> Sequence[Row]:
    """Return days of all funds; for one ticker the flat form, of that fund or else of the first."""
    if "ticker" not in query:
        return days
    return [{"timestamp": day["timestamp"]} | _of_ticker(day["list"], query["ticker"]) for day in days]


def _of_ticker(funds: Sequence[Row], ticker: str) -> Row:
    fund = next((fund for fund in funds if fund["ticker"] == ticker), funds[0])
    return {name: value for name, value in fund.items() if name != "ticker"}


_ENDPOINTS: Mapping[Callable[[Endpoint, Any, Query], Any], Sequence[Endpoint]] = {
    _of_fund: (etf.FUND_DETAIL, etf.FUND_HISTORY),
    _premiums: (etf.BITCOIN_PREMIUMS,),
    _coins: (futures.market.SUPPORTED_COINS, spot.SUPPORTED_COINS),
    _listing: (futures.market.SUPPORTED_PAIRS, spot.SUPPORTED_PAIRS),
    _pair_markets: (futures.market.PAIRS_MARKETS, spot.PAIRS_MARKETS),
    _for_each_coin: (
        futures.market.COINS_MARKETS,
        spot.COINS_MARKETS,
        futures.taker_volume.NETFLOW_LIST,
        spot.NETFLOW_LIST,
        futures.funding_rate.EXCHANGE_LIST,
        futures.liquidation.COIN_LIST,
        futures.funding_rate.ACCUMULATED_EXCHANGE_LIST,
        futures.liquidation.MAX_PAIN,
        futures.market.PRICE_CHANGES,
        futures.technical.RSI_LIST,
        futures.technical.MOVING_AVERAGE_LIST,
        futures.technical.EXPONENTIAL_MOVING_AVERAGE_LIST,
        futures.technical.MACD_LIST,
        futures.technical.AVERAGE_TRUE_RANGE_LIST,
        futures.technical.TD_SEQUENTIAL_LIST,
    ),
    _of_coin: (
        futures.open_interest.EXCHANGE_LIST,
        futures.taker_volume.EXCHANGE_LIST,
        on_chain.VESTING,
        futures.taker_volume.COIN_NETFLOW,
        spot.COIN_NETFLOW,
    ),
    _orders: (futures.liquidation.ORDERS,),
    _large_orders: (futures.order_book.LARGE_ORDERS, spot.LARGE_ORDERS),
    _positions: (futures.hyperliquid.POSITIONS,),
    _with_tag: (futures.hyperliquid.LONG_SHORT_ACCOUNTS_BY_TAG, futures.hyperliquid.POSITION_DISTRIBUTION_BY_TAG),
    _transfers: (on_chain.EXCHANGE_TRANSFERS, on_chain.WHALE_TRANSFERS),
    _large_order_history: (futures.order_book.LARGE_ORDER_HISTORY, spot.LARGE_ORDER_HISTORY),
}
_RELABELLED = {endpoint: relabel for relabel, endpoints in _ENDPOINTS.items() for endpoint in endpoints}
