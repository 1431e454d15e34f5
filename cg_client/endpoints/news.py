"""News, as CoinGlass collects it."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.funds_and_chain import Articles, Newsflashes
from cg_client.plans.plan_table import Plan

_SOURCE = {"publisher": "source_name", "publisher_logo_url": "source_website_logo"}

ARTICLES = Endpoint(
    path="/api/article/list",
    summary="Articles about crypto markets, page by page.",
    params=Articles,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=_SOURCE
    | {
        "time": "article_release_time",
        "title": "article_title",
        "description_html": "article_description",
        "content_html": "article_content",
        "picture_url": "article_picture",
    },
)
# Documented in Chinese only.
NEWSFLASHES = Endpoint(
    path="/api/newsflash/list",
    summary="Newsflashes about crypto markets, page by page.",
    params=Newsflashes,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=_SOURCE
    | {
        "time": "newsflash_release_time",
        "title": "newsflash_title",
        "content_html": "newsflash_content",
        "picture_url": "newsflash_picture",
    },
)
