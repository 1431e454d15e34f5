"""The two kinds of figures that a sandbox can serve: those of a modelled market, and the documented samples."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan
from sandbox import directory
from sandbox.live.hub import LiveEvents
from sandbox.live.samples import replayed
from sandbox.market import live, universe
from sandbox.market.registry import modelled
from sandbox.replay import replay
from sandbox.windows import Query


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures, and the names that have some: `pairs` by whether they are spot, exchange and code.

    `data` makes the data of an answer, at a time in milliseconds, `live` the events of a channel of the WebSocket;
    `name` is what `--sandbox` and the header call them.
    """

    name: str
    data: Callable[[Endpoint, Query, Plan, int], Any] = field(repr=False)
    live: LiveEvents = field(repr=False)
    coins: Collection[str] = field(repr=False)
    funds: Collection[str] = field(repr=False)
    pairs: Collection[tuple[bool, str, str]] = field(repr=False)


def _keys(*, is_spot: bool) -> set[tuple[bool, str, str]]:
    return {(is_spot, pair.exchange, pair.symbol) for pair in (directory.SPOT if is_spot else directory.FUTURES)}


SAMPLES = Figures(
    name="samples",
    data=replay,
    live=replayed,
    coins=directory.COINS,
    funds=directory.FUNDS,
    pairs=_keys(is_spot=False) | _keys(is_spot=True),
)
MARKET = Figures(
    name="market",
    data=modelled,
    live=live.events,
    coins=universe.COINS,
    funds=directory.FUNDS,
    pairs=universe.PAIRS,
)
BY_NAME: Mapping[str, Figures] = {figures.name: figures for figures in (MARKET, SAMPLES)}
