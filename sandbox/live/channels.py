"""The channels of the WebSocket, and the two documented ways to name them and their fields.

Rows are made with the names of the newer documentation. The older one has names in camel case for liquidations and
trades; the ticker is in the newer one alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeAlias

EventRow: TypeAlias = Mapping[str, Any]

_CAMEL_FIELDS = {"base_asset": "baseAsset", "exchange": "exName", "volume_usd": "volUsd"}


class LiveKind(Enum):
    LIQUIDATIONS = "liquidation_orders"
    FUTURES_TRADES = "futures_trades"
    SPOT_TRADES = "spot_trades"
    FUTURES_TICKER = "futures_ticker"


class Naming(Enum):
    """Which names the sandbox understands and uses; with BOTH, fields are named as the channel is."""

    CAMEL = "camel"
    SNAKE = "snake"
    BOTH = "both"

    @property
    def other(self) -> "Naming":
        return Naming.CAMEL if self is Naming.SNAKE else Naming.SNAKE


_CAMEL_CHANNELS = {LiveKind.LIQUIDATIONS: "liquidationOrders"}
_CAMEL_KINDS = {_CAMEL_CHANNELS.get(kind, kind.value): kind for kind in LiveKind}
_SNAKE_KINDS = {kind.value: kind for kind in LiveKind}
_KINDS: Mapping[Naming, Mapping[str, LiveKind]] = {
    Naming.CAMEL: _CAMEL_KINDS,
    Naming.SNAKE: _SNAKE_KINDS,
    Naming.BOTH: _CAMEL_KINDS | _SNAKE_KINDS,
}


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """What a client subscribes to; `exchange` and `symbol` are empty for the channel of the whole market."""

    kind: LiveKind
    exchange: str = ""
    symbol: str = ""
    min_usd: float = 0.0

    @property
    def is_spot(self) -> bool:
        return self.kind is LiveKind.SPOT_TRADES


def parsed(name: str, naming: Naming, pairs: Collection[tuple[bool, str, str]]) -> LiveChannel | None:
    """Read a channel's name, such as `futures_trades@Binance_BTCUSDT@10000`; None if there is no such channel.

    `pairs`: whether they are spot, exchange and code.
    """
    word, *parameters = name.split("@")
    kind = _KINDS[naming].get(word)
    if kind is None or kind is LiveKind.LIQUIDATIONS:
        return LiveChannel(kind) if kind and not parameters else None
    amounts = [] if kind is LiveKind.FUTURES_TICKER else parameters[1:]
    if len(parameters) != 1 + len(amounts) or not all(amount.isdecimal() for amount in amounts):
        return None
    if kind is not LiveKind.FUTURES_TICKER and len(amounts) != 1:
        return None
    exchange, _, symbol = parameters[0].partition("_")
    channel = LiveChannel(kind, exchange, symbol, *map(float, amounts))
    return channel if (channel.is_spot, exchange, symbol) in pairs else None


def renamed(name: str, naming: Naming) -> str:
    """Return the channel's name in one of the two namings."""
    word, at, parameters = name.partition("@")
    kind = _KINDS[Naming.BOTH].get(word)
    if kind is None:
        return name
    return (_CAMEL_CHANNELS.get(kind, kind.value) if naming is Naming.CAMEL else kind.value) + at + parameters


def naming_of(name: str, naming: Naming) -> Naming:
    """Return how the fields of a channel's events are named."""
    if naming is not Naming.BOTH:
        return naming
    return Naming.SNAKE if name == LiveKind.LIQUIDATIONS.value else Naming.CAMEL


def named(row: EventRow, kind: LiveKind, naming: Naming) -> EventRow:
    """Return the row with the names of its fields in one of the two namings."""
    if naming is Naming.SNAKE or kind is LiveKind.FUTURES_TICKER:
        return row
    return {_CAMEL_FIELDS.get(name, name): value for name, value in row.items()}


def text_of(time: int) -> str:
    """Write a time as the ticker does; in the sandbox it is UTC."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
