"""The current futures markets of coins, of which those that change are sent."""

from collections.abc import Sequence
from typing import Any

import strawberry

from cg_client.endpoints import futures
from live.cursor import AFTER, cursor_of
from live.ended_feed import refused
from live.events import Changes, NewRows
from live.polled_field import follow
from live.source import Presented, Source
from payloads.source import CappedList, DataSource
from payloads.updates import Update, with_rows
from resolvers.arguments import argument, sign
from resolvers.context import Info
from resolvers.costs import FixedCost
from resolvers.lists import MAX_PAGES
from resolvers.results import FAILURES
from resolvers.whole_lists import load_list
from schema.futures.market import CoinMarket
from schema.live.names import listed_coins
from schema.market_rows import coin_markets

_ENDPOINT = futures.market.COINS_MARKETS
_COINS = argument("coins", list[str] | None, "Only these coins, by their tickers. Left out: all.", strawberry.UNSET)


@strawberry.type(description="Current futures markets of coins.")
class CoinMarkets(CappedList):
    coins: list[CoinMarket] = strawberry.field(description="The markets, as CoinGlass orders them.")


async def _markets(info: Info) -> CoinMarkets:
    """Return the markets of all coins, whoever asks: one list serves all subscriptions."""
    loaded = await load_list(info.context, coin_markets())
    info.context.validity.depend_on(*loaded.answers)
    coins = [CoinMarket(source=DataSource.of([answer]), **row) for answer, row in loaded.rows.values()]
    return CoinMarkets(source=DataSource.of(loaded.answers), coins=coins, capped=loaded.capped)


async def _subscribe(_: object, info: Info, after: str | None = None, coins: Sequence[str] | None = None) -> Source:
    try:
        cursor = cursor_of(after)
        names = await listed_coins(info.context.symbols, coins)
    except FAILURES as error:
        return refused(info.context, error, _ENDPOINT)

    def present(event: NewRows | Changes, cursor: str) -> Presented | None:
        assert isinstance(event, Changes)  # noqa: S101  # of a polled feed
        markets: CoinMarkets = event.payload
        if names is not None:
            markets = with_rows(markets, [index for index, row in enumerate(markets.coins) if row.symbol in names])
        if not markets.coins and not event.is_snapshot:
            return None
        return Presented(Update(cursor=cursor, is_snapshot=event.is_snapshot, data=markets), 1)

    feed = follow(info.context, _ENDPOINT.path, _markets, _ENDPOINT)
    return Source(feed, (_ENDPOINT.path, names), present, cursor)


sign(_subscribe, [_COINS, AFTER])
COIN_MARKETS: Any = strawberry.subscription(
    resolver=_subscribe,
    description="The current futures market of every coin, or of some.",
    metadata={"cost": FixedCost(MAX_PAGES)},
)
