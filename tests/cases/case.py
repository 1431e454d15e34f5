"""A case: the query that selects every field of one endpoint's payload."""

from dataclasses import dataclass

from served_schema.build import build
from tests.selection import everything

SCHEMA = build()


@dataclass(frozen=True)
class Case:
    """`query` has `{}` for the selection; `union` is the result, or None for a listing."""

    query: str
    union: str | None

    def text(self, *, anomalies: bool = False) -> str:
        if self.union is None:
            return self.query
        return self.query.replace("{}", everything(SCHEMA._schema, self.union, anomalies=anomalies))


def on_pair(field: str, union: str) -> Case:
    return Case(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {field} {{}} }} }}', union)


def on_spot_pair(field: str, union: str) -> Case:
    return Case(f'{{ spotPair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {field} {{}} }} }}', union)


def on_coin(field: str, union: str) -> Case:
    return Case(f'{{ coin(symbol: "BTC") {{ it: {field} {{}} }} }}', union)


def on_options(field: str, union: str) -> Case:
    return Case(f'{{ coin(symbol: "BTC") {{ options {{ it: {field} {{}} }} }} }}', union)
