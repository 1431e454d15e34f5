"""Transfers on the chains: one in each equal slot of time, of a coin and a size that follow from the slot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from cg_client.endpoint import Endpoint
from cg_client.endpoints import on_chain
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.noise import draw
from sandbox.market.path import DAY, HOUR, MINUTE
from sandbox.market.prices import price
from sandbox.windows import Query, page_of

_SECOND = 1000
_ON_ETHEREUM = (
    "USDT",
    "USDC",
    "LINK",
    "UNI",
    "AAVE",
    "PEPE",
    "ONDO",
    "ENA",
    "LDO",
    "ARB",
    "CRV",
    "MANA",
    "SAND",
    "FET",
)
_STABLECOINS = ("USDT", "USDC")
_EXCHANGES = ("Binance", "Coinbase", "OKX", "Kraken", "Bybit", "Gate", "Bitfinex", "Bitget", "MEXC")
_SMALL_SLOT, _SMALL_KEPT = 20 * _SECOND, 2 * DAY
_LARGE_SLOT, _LARGE_KEPT = 2 * HOUR, 180 * DAY
_SMALL_USD, _LARGE_USD = (1_500, 4_000_000), (10_000_000, 260_000_000)
_ALL_LARGE = 400  # rows of an answer without a window
_CHAINS = {"BTC": "bitcoin", "ETH": "ethereum", "USDT": "tron", "USDC": "ethereum", "SOL": "solana", "XRP": "ripple"}
_BLOCK_SECONDS = {"bitcoin": 600, "ethereum": 12, "tron": 3, "solana": 1, "ripple": 4}
_OWNERS = ("unknown wallet", "unknown wallet", "unknown wallet", *_EXCHANGES[:5])


@dataclass(frozen=True, slots=True)
class _Transfer:
    """`number` is that of its slot, `time` in milliseconds."""

    number: int
    time: int
    coin: str
    usd: float

    @property
    def quantity(self) -> float:
        return self.usd if self.coin in _STABLECOINS else self.usd / price(self.coin, self.time // MINUTE * MINUTE)


def _transfers(
    name: str, slot: int, coins: tuple[str, ...], sizes: tuple[float, float], start: int, end: int
) -> Iterator[_Transfer]:
    """Return the transfers from `start` to `end`, the newest first; few are near the larger of the sizes."""
    smallest, largest = sizes
    for number in range(end // slot, start // slot - 1, -1):
        bits = draw(name, number)
        time = number * slot + bits[0] * slot // 256 // _SECOND * _SECOND
        if not start <= time <= end:
            continue
        size = min(largest, smallest * (1 << 24) / (1 + int.from_bytes(bits[2:5])))
        yield _Transfer(number, time, coins[bits[1] % len(coins)], round(size, 4))


def _hash(name: str, number: int) -> str:
    return "0x" + draw(name, number).hex()[:64]


def _address(name: str, number: int) -> str:
    return "0x" + draw(name, number).hex()[:40]


def _exchange_transfers(query: Query, context: ModelContext) -> list[Row]:
    """Return transfers of the last days, as many as the page needs."""
    least, coin = float(query.get("min_usd") or 0), query.get("symbol")
    start = max(int(query.get("start_time") or 0), context.now - _SMALL_KEPT)
    every = _transfers("exchange transfer", _SMALL_SLOT, _ON_ETHEREUM, _SMALL_USD, start, context.now)
    chosen = (one for one in every if one.usd >= least and coin in (None, one.coin))
    return [_exchange_transfer(one) for one in page_of(chosen, query)]


def _exchange_transfer(one: _Transfer) -> Row:
    bits = draw("direction", one.number)
    exchange, kind = _EXCHANGES[bits[0] % len(_EXCHANGES)], (1, 1, 2, 2, 3)[bits[1] % 5]
    house = _address(f"house {exchange}", 0)
    outside = _address("outside", one.number)
    sender, receiver = {1: (outside, house), 2: (house, outside), 3: (house, _address(f"house {exchange}", 1))}[kind]
    return {
        "transaction_hash": _hash("exchange transfer", one.number),
        "asset_symbol": one.coin,
        "amount_usd": one.usd,
        "asset_quantity": round(one.quantity, 8),
        "exchange_name": exchange,
        "transfer_type": kind,
        "from_address": sender,
        "to_address": receiver,
        "transaction_time": one.time // _SECOND,
    }


def _whale_transfers(query: Query, context: ModelContext) -> list[Row]:
    end = min(int(query.get("end_time") or context.now), context.now)
    start = max(int(query.get("start_time") or 0), context.now - _LARGE_KEPT)
    every = _transfers("whale transfer", _LARGE_SLOT, tuple(_CHAINS), _LARGE_USD, start, end)
    chosen = (one for one in every if query.get("symbol") in (None, one.coin))
    return [_whale_transfer(one) for one in islice(chosen, _ALL_LARGE)]


def _whale_transfer(one: _Transfer) -> Row:
    bits, chain = draw("owners", one.number), _CHAINS[one.coin]
    return {
        "transaction_hash": _hash("whale transfer", one.number),
        "amount_usd": text(one.usd, 4),
        "asset_quantity": text(one.quantity, 8),
        "asset_symbol": one.coin,
        "from": _OWNERS[bits[0] % len(_OWNERS)],
        "to": _OWNERS[bits[1] % len(_OWNERS)],
        "blockchain_name": chain,
        "block_height": one.time // _SECOND // _BLOCK_SECONDS[chain],
        "block_timestamp": one.time // _SECOND,
    }


MODELS: Mapping[Endpoint, Model] = {
    on_chain.EXCHANGE_TRANSFERS: _exchange_transfers,
    on_chain.WHALE_TRANSFERS: _whale_transfers,
}
