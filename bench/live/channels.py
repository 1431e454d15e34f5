"""The five channels of the benchmark: what they are called upstream, and what subscribes to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MIN_USD: Final = 10_000
_ROW: Final = "time exchange symbol side price usd"


@dataclass(frozen=True, slots=True)
class BenchChannel:
    """`name`: CoinGlass'. `document`: a subscription whose rows end with the price and the value.

    `resumable`: the same with the variable `after`.
    """

    name: str
    exchange: str
    symbol: str
    document: str

    @property
    def resumable(self) -> str:
        resumed = self.document.replace(")", ", after: $after)", 1)
        if resumed == self.document:
            resumed = self.document.replace(" { __typename", "(after: $after) { __typename", 1)
        return resumed.replace("subscription", "subscription($after: String)", 1)


def _document(field: str, kind: str, rows: str) -> str:
    return (
        f"subscription {{ {field} {{ __typename"
        f" ... on {kind}Update {{ cursor data {{ {rows} {{ {_ROW} }} }} }}"
        " ... on StreamStatus { state dropped message } ... on Problem { code message } } }"
    )


def _trades(field: str, channel: str, exchange: str, symbol: str) -> BenchChannel:
    arguments = f'(exchange: "{exchange}", symbol: "{symbol}", minUsd: {MIN_USD})'
    document = _document(field + arguments, "LiveTrades", "trades")
    return BenchChannel(f"{channel}@{exchange}_{symbol}@{MIN_USD}", exchange, symbol, document)


CHANNELS: Final[Sequence[BenchChannel]] = (
    BenchChannel(
        "liquidationOrders", "Binance", "BTCUSDT", _document("liquidationOrders", "LiveLiquidations", "orders")
    ),
    _trades("futuresTrades", "futures_trades", "Binance", "BTCUSDT"),
    _trades("futuresTrades", "futures_trades", "Binance", "ETHUSDT"),
    _trades("spotTrades", "spot_trades", "Binance", "BTCUSDT"),
    _trades("spotTrades", "spot_trades", "Binance", "ETHUSDT"),
)
