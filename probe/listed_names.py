"""Names that CoinGlass lists now; they replace examples of the catalogue that are not listed."""

from collections.abc import Iterable, Iterator
from typing import Any

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, futures, spot
from cg_client.params.core import Example, NameKind

# In the order of the calls: each lists names that later ones need.
LISTINGS = (
    futures.market.SUPPORTED_PAIRS,
    futures.market.SUPPORTED_COINS,
    futures.market.SUPPORTED_EXCHANGES,
    spot.SUPPORTED_PAIRS,
    spot.SUPPORTED_COINS,
    etf.BITCOIN_LIST,
    futures.hyperliquid.WHALE_POSITIONS,
)
_COINS = (futures.market.SUPPORTED_COINS, spot.SUPPORTED_COINS)
_PAIRS = (futures.market.SUPPORTED_PAIRS, spot.SUPPORTED_PAIRS)
_IN_ROWS = {
    etf.BITCOIN_LIST: (NameKind.FUND, "ticker"),
    futures.hyperliquid.WHALE_POSITIONS: (NameKind.WALLET, "user"),
}


class ListedNames:
    """Learns names from the answers of `LISTINGS`, and ignores what cannot be read there."""

    def __init__(self) -> None:
        self._pairs: dict[bool, dict[str, list[str]]] = {}  # by market: whether it is spot
        self._coins: dict[bool, list[str]] = {}
        self._others: dict[NameKind, list[str]] = {}

    def learn(self, endpoint: Endpoint, data: Any) -> None:  # noqa: ANN401  # JSON
        if endpoint in _PAIRS and isinstance(data, dict):
            listed = {exchange: list(_texts(rows, "instrument_id")) for exchange, rows in data.items()}
            self._pairs[_is_spot(endpoint)] = {exchange: codes for exchange, codes in listed.items() if codes}
        elif endpoint in _COINS and isinstance(data, list):
            self._coins[_is_spot(endpoint)] = [coin for coin in data if isinstance(coin, str)]
        elif endpoint in _IN_ROWS:
            kind, field = _IN_ROWS[endpoint]
            self._others[kind] = list(_texts(data, field))

    def choose(self, endpoint: Endpoint, example: Example, exchange: object = None) -> object:
        """Return the example, or the first listed name if the example is not listed. `exchange` is that of a pair."""
        listed = list(self._listed(endpoint, example.kind, exchange))
        if isinstance(example.value, tuple):
            return tuple(name for name in example.value if name in listed) or tuple(listed[:1]) or example.value
        return example.value if not listed or example.value in listed else listed[0]

    def _listed(self, endpoint: Endpoint, kind: NameKind | None, exchange: object) -> Iterable[str]:
        pairs = self._pairs.get(_is_spot(endpoint), {})
        match kind:
            case None:
                return ()
            case NameKind.EXCHANGE:
                return pairs
            case NameKind.PAIR:
                return pairs.get(str(exchange), ())
            case NameKind.COIN:
                return self._coins.get(_is_spot(endpoint), ())
            case _:
                return self._others.get(kind, ())


def _is_spot(endpoint: Endpoint) -> bool:
    return endpoint.path.startswith("/api/spot/")


def _texts(rows: Any, field: str) -> Iterator[str]:  # noqa: ANN401  # JSON
    for row in rows if isinstance(rows, list) else ():
        text = row.get(field) if isinstance(row, dict) else None
        if isinstance(text, str):
            yield text
