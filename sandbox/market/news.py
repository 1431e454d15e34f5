"""News of the modelled market: sentences about its own figures, which say that they are modelled.

A piece is released in each of the equal slots of time that make up the history. What it says follows from the prices
at its release.
"""

from collections.abc import Iterator, Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints import news
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import hashed
from sandbox.market.path import DAY, HOUR, MINUTE
from sandbox.market.prices import price
from sandbox.windows import Query, page_of

_REACH = 30 * DAY
_PUBLISHER = "Modelled newswire"
_COINS = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "LINK", "AVAX", "SUI")


def _releases(name: str, slot: int, query: Query, now: int) -> Iterator[int]:
    """Return the times of release within the window, the newest first."""
    end = min(int(query.get("end_time") or now), now)
    start = max(int(query.get("start_time") or 0), end - _REACH)
    for number in range(end // slot, start // slot - 1, -1):
        time = number * slot + int(hashed(name, number) * slot) // 1000 * 1000
        if start <= time <= end:
            yield time


def _change_percent(coin: str, time: int, period: int) -> float:
    before = price(coin, time - period)
    return round((price(coin, time) - before) / before * 100, 2)


def _article(time: int) -> Row:
    coin = _COINS[int(hashed("article/coin", time) * len(_COINS))]
    day, week = _change_percent(coin, time, DAY), _change_percent(coin, time, 7 * DAY)
    verb = "gains" if day >= 0 else "loses"
    title = f"Modelled market: {coin} {verb} {abs(day):.2f} % within a day"
    summary = f"<p>The modelled price of {coin} is {price(coin, time):,.6g} US dollars. Nothing of this happened.</p>"
    content = (
        f"<p>In the sandbox's model {coin} changed by {day:+.2f} % within a day and by {week:+.2f} % within a week.</p>"
        "<p>These are modelled figures, not a market.</p>"
    )
    return {
        "article_picture": "",
        "article_title": title,
        "article_content": content,
        "source_name": _PUBLISHER,
        "source_website_logo": "",
        "article_release_time": time,
        "article_description": summary,
    }


def _flash(time: int) -> Row:
    coin = _COINS[int(hashed("newsflash/coin", time) * len(_COINS))]
    hour = _change_percent(coin, time, HOUR)
    return {
        "newsflash_picture": "",
        "newsflash_title": f"Modelled market: {coin} at {price(coin, time):,.6g} US dollars",
        "newsflash_content": f"<p>{hour:+.2f} % within an hour. These are modelled figures, not a market.</p>",
        "source_name": _PUBLISHER,
        "source_website_logo": "",
        "newsflash_release_time": time,
    }


def _articles(query: Query, context: ModelContext) -> list[Row]:
    return page_of(map(_article, _releases("article", 50 * MINUTE, query, context.now)), query)


def _flashes(query: Query, context: ModelContext) -> list[Row]:
    return page_of(map(_flash, _releases("newsflash", 12 * MINUTE, query, context.now)), query)


MODELS: Mapping[Endpoint, Model] = {news.ARTICLES: _articles, news.NEWSFLASHES: _flashes}
