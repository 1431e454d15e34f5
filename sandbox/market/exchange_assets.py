"""What exchanges hold: balances by coin, over time and by wallet.

A balance is a share of the coins in circulation that wanders. The wallets of an exchange add up to its balances, and
the value of all of them is what the exchange discloses.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from cg_client.endpoint import Endpoint
from cg_client.endpoints import on_chain
from cg_client.endpoints.indicators import market
from cg_client.windows import floor
from sandbox.market.capital import stablecoin_usd
from sandbox.market.days import daily_prices, day_starts
from sandbox.market.flows import pairs_between
from sandbox.market.levels import chosen, open_interest
from sandbox.market.model import Model, ModelContext, Row, percent_change
from sandbox.market.noise import between, draw, fractal
from sandbox.market.path import DAY, HOUR, WEEK
from sandbox.market.prices import price
from sandbox.market.supply import supply
from sandbox.market.universe import COINS, pairs_of_coin
from sandbox.windows import Query, page_of

_FROM = 1_704_067_200_000  # 2024-01-01
_STABLECOINS = {"USDT": "Tether USDt", "USDC": "USD Coin", "DAI": "Dai"}
_MORE_STABLECOINS = 5  # in custody of exchanges than of other coins
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_COINS_HELD = 24  # of the largest coins, beside the stablecoins

# Share of a coin in circulation that each exchange holds.
_CUSTODY = {
    "Binance": 0.0310,
    "Coinbase": 0.0330,
    "Bitfinex": 0.0120,
    "OKX": 0.0085,
    "Kraken": 0.0060,
    "Bybit": 0.0075,
    "Gate": 0.0045,
    "Bitget": 0.0045,
    "HTX": 0.0022,
    "MEXC": 0.0030,
    "CoinEx": 0.0006,
}


def _in_circulation(coin: str, time: int) -> float:
    return stablecoin_usd(coin, time) if coin in _STABLECOINS else supply(coin, time)


def _coin_of(symbol: str) -> tuple[str, float]:
    """Return the coin of a token such as `USDT(ETH)`, and the part of it that is on that chain."""
    coin, _, chain = symbol.partition("(")
    return coin, 0.45 if chain else 1.0


def _price(coin: str, time: int) -> float:
    return 1.0 if coin in _STABLECOINS else price(coin, time)


def balance(coin: str, exchange: str, time: int) -> float:
    """Return what an exchange holds of a coin, in coins."""
    name = f"balance {exchange} {coin}"
    share = _CUSTODY[exchange] * between(0.6, 1.4, name) * (_MORE_STABLECOINS if coin in _STABLECOINS else 1)
    wandered = 1 + 0.16 * fractal(name, time, 400 * DAY, 4)
    return round(_in_circulation(coin, time) * share * wandered, 6)


def _is_held(coin: str) -> bool:
    return coin in COINS or coin in _STABLECOINS


def _balances(query: Query, context: ModelContext) -> list[Row]:
    coin, part = _coin_of(query["symbol"])
    if not _is_held(coin):
        return []
    time = floor(context.now, HOUR)
    rows = [_balance(coin, exchange, part, time) for exchange in _CUSTODY]
    return sorted(rows, key=lambda row: -row["total_balance"])


def _balance(coin: str, exchange: str, part: float, time: int) -> Row:
    held = round(balance(coin, exchange, time) * part, 6)
    row: Row = {"exchange_name": exchange, "total_balance": held}
    for days in (1, 7, 30):
        before = balance(coin, exchange, time - days * DAY) * part
        row[f"balance_change_{days}d"] = round(held - before, 6)
        row[f"balance_change_percent_{days}d"] = percent_change(before, held)
    return row


def _chart(query: Query, context: ModelContext) -> list[Row]:
    coin, part = _coin_of(query["symbol"])
    if not _is_held(coin):
        return [{"time_list": [], "price_list": [], "data_map": {}}]
    days = day_starts(_FROM, context.now)
    held = {exchange: [round(figure * part, 6) for figure in _daily(coin, exchange, days)] for exchange in _CUSTODY}
    prices = [1.0] * len(days) if coin in _STABLECOINS else daily_prices(coin, days)
    return [{"time_list": list(days), "price_list": prices, "data_map": held}]


@lru_cache(maxsize=64)
def _daily(coin: str, exchange: str, days: range) -> Sequence[float]:
    return [balance(coin, exchange, day) for day in days]


@lru_cache(maxsize=32)
def holdings(exchange: str, hour: int) -> Mapping[str, float]:
    """Return what an exchange holds at the start of an hour since 1970, by coin, in coins."""
    largest = sorted(COINS, key=lambda coin: COINS[coin].rank)[:_COINS_HELD]
    return {coin: balance(coin, exchange, hour * HOUR) for coin in (*largest, *_STABLECOINS)}


def holdings_usd(exchange: str, time: int) -> float:
    """Return the value of all that an exchange holds at the start of the hour."""
    hour = time // HOUR
    return round(sum(round(held * _price(coin, hour * HOUR), 2) for coin, held in holdings(exchange, hour).items()), 2)


def _assets(query: Query, context: ModelContext) -> list[Row]:
    exchange, time = query["exchange"], floor(context.now, HOUR)
    if exchange not in _CUSTODY:
        return []
    rows = [
        row for coin, held in holdings(exchange, time // HOUR).items() for row in _wallets(exchange, coin, held, time)
    ]
    return page_of(sorted(rows, key=lambda row: -row["balance_usd"]), query)


def _wallets(exchange: str, coin: str, held: float, time: int) -> list[Row]:
    """Return the wallets that hold a coin: a cold one with most of it, and up to three others with the rest."""
    name = f"wallets {exchange} {coin}"
    count = 1 + draw(name, 0)[0] % 4
    parts = [held * between(0.04, 0.12, name, number) for number in range(1, count)]
    quantities = [round(part, 6) for part in parts]
    quantities.insert(0, round(held - sum(quantities), 6))
    worth = _price(coin, time)
    return [
        {
            "wallet_address": wallet_address(name, number, is_bitcoin=coin == "BTC"),
            "balance": quantity,
            "balance_usd": round(quantity * worth, 2),
            "symbol": coin,
            "assets_name": _STABLECOINS.get(coin, coin),
            "price": worth,
        }
        for number, quantity in enumerate(quantities)
    ]


def wallet_address(name: str, number: int, *, is_bitcoin: bool = False) -> str:
    """Return a made-up address in the form of the chain."""
    bits = draw(name, number)
    if is_bitcoin:
        return "3" + "".join(_BASE58[bit % len(_BASE58)] for bit in bits[:33])
    return "0x" + bits.hex()[:40]


def _futures_usd(exchange: str, time: int) -> tuple[float, float]:
    """Return the open interest of an exchange's futures, and their volume of the 24 hours before."""
    by_coin = [pairs for coin in COINS if (pairs := chosen(pairs_of_coin(coin), exchange))]
    open_interests = (open_interest(pairs, time) for pairs in by_coin)
    return math.fsum(open_interests), math.fsum(pairs_between(pairs, time - DAY, time).volume for pairs in by_coin)


def _disclosures(_: Query, context: ModelContext) -> list[Row]:
    time = floor(context.now, HOUR)
    return [_disclosure(exchange, time) for exchange in _CUSTODY]


def _disclosure(exchange: str, time: int) -> Row:
    held, day, week = (holdings_usd(exchange, time - back) for back in (0, DAY, WEEK))
    inflows = {
        f"inflow_usd_{period}": round(
            sum(
                (quantity - balance(coin, exchange, time - back)) * _price(coin, time)
                for coin, quantity in holdings(exchange, time // HOUR).items()
            ),
            2,
        )
        for period, back in (("24h", DAY), ("7d", WEEK))
    }
    interest, volume = _futures_usd(exchange, time)
    return {
        "exchange_name": exchange,
        "exchange_logo_url": "",
        "balance_usd": held,
        "balance_change_usd_24h": round(held - day, 2),
        "balance_change_usd_7d": round(held - week, 2),
        **inflows,
        "open_interest": round(interest),
        "average_leverage": round(interest / held, 4),
        "volume_usd": round(volume),
    }


MODELS: Mapping[Endpoint, Model] = {
    on_chain.BALANCE_LIST: _balances,
    on_chain.BALANCE_CHART: _chart,
    on_chain.EXCHANGE_ASSETS: _assets,
    market.EXCHANGE_TRANSPARENCY: _disclosures,
}
