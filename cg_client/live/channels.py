"""What CoinGlass' WebSocket can be subscribed to: kinds of channels, and the names of single ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cg_client.client_config import SOCKET_PATH
from cg_client.endpoint import Endpoint
from cg_client.errors import BadArgument
from cg_client.plans.plan_table import Plan

_SEPARATORS = re.compile(r"[@\x00-\x1f]")


class ChannelKind(Enum):
    """A kind of channel; `templates` are the forms of its name, the documented one first.

    `endpoint` stands for it where REST endpoints are known: at the gate, in errors and in counts of anomalies.
    """

    LIQUIDATION_ORDERS = "Liquidation orders of all exchanges, live.", "liquidationOrders", "liquidation_orders"
    FUTURES_TRADES = "Trades of a futures pair from a value on, live.", "futures_trades@{exchange}_{symbol}@{min_usd}"
    SPOT_TRADES = "Trades of a spot pair from a value on, live.", "spot_trades@{exchange}_{symbol}@{min_usd}"
    FUTURES_TICKER = "Price and open interest of a futures pair, live.", "futures_ticker@{exchange}_{symbol}"

    def __init__(self, summary: str, *templates: str) -> None:
        self.templates: Sequence[str] = templates
        name = templates[0].partition("@")[0]
        self.endpoint = Endpoint(path=f"{SOCKET_PATH}/{name}", summary=summary, plan=Plan.STANDARD)

    @property
    def summary(self) -> str:
        return self.endpoint.summary

    @property
    def plan(self) -> Plan:
        """The smallest plan that includes it."""
        return self.endpoint.plan


@dataclass(frozen=True, slots=True)
class Channel:
    """What is subscribed to. All kinds but the liquidation orders are of one pair; trades also have a least value."""

    kind: ChannelKind
    exchange: str | None = None
    symbol: str | None = None
    min_usd: int | None = None

    def __post_init__(self) -> None:
        """Raise BadArgument for what cannot be part of a name, and ValueError for parameters that the kind lacks."""
        template = self.kind.templates[0]
        for name, value in (("exchange", self.exchange), ("symbol", self.symbol), ("min_usd", self.min_usd)):
            if (f"{{{name}}}" in template) is (value is None):
                raise ValueError(f"{self.kind.name}: {name} is {'missing' if value is None else 'no parameter'}")
        if self.min_usd is not None and self.min_usd < 0:
            raise BadArgument("The least value of a trade must not be negative.", "minUsd")
        if self.exchange is not None:
            _check(self.exchange, "exchange", is_ambiguous="_" in self.exchange)
        if self.symbol is not None:
            _check(self.symbol, "symbol")

    @property
    def names(self) -> Sequence[str]:
        """The names by which CoinGlass may know it, the documented one first."""
        return [
            template.format(exchange=self.exchange, symbol=self.symbol, min_usd=self.min_usd)
            for template in self.kind.templates
        ]


def _check(value: str, argument: str, *, is_ambiguous: bool = False) -> None:
    """Raise BadArgument for a name that would make the channel's name that of another channel, or of none."""
    if is_ambiguous or not value.strip() or value != value.strip() or _SEPARATORS.search(value):
        raise BadArgument(f"{value!r} is no {argument} that CoinGlass has.", argument)
