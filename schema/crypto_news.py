"""News about crypto."""

from datetime import datetime
from typing import Annotated

import strawberry

from cg_client.endpoints import news as api
from graph_types.fields import sparse, value
from graph_types.problems import Result
from pagination.connections import Paged
from resolvers.pages import upstream_paged

ReleaseTime = Annotated[datetime | None, value("When it was published.")]
Title = Annotated[str | None, value("Headline.")]
Content = Annotated[str | None, sparse("Body, as HTML of its publisher: clean it before it is shown.")]
Picture = Annotated[str | None, sparse("Address of its picture.")]
Publisher = Annotated[str | None, sparse("Who published it.")]
PublisherLogo = Annotated[str | None, sparse("Address of the publisher's logo.")]


@strawberry.type(description="An article about crypto markets.")
class CryptoArticle:
    time: ReleaseTime
    title: Title
    description_html: Annotated[str | None, sparse("Summary, as HTML of its publisher: clean it before it is shown.")]
    content_html: Content
    picture_url: Picture
    publisher: Publisher
    publisher_logo_url: PublisherLogo


@strawberry.type(description="A newsflash: a short piece of news.")
class Newsflash:
    time: ReleaseTime
    title: Title
    content_html: Content
    picture_url: Picture
    publisher: Publisher
    publisher_logo_url: PublisherLogo


@strawberry.type(description="Articles, a page of them.")
class CryptoArticleList(Paged):
    articles: list[CryptoArticle] = strawberry.field(description="The articles, as CoinGlass orders them.")


@strawberry.type(description="Newsflashes, a page of them.")
class FlashList(Paged):
    flashes: list[Newsflash] = strawberry.field(description="The newsflashes, as CoinGlass orders them.")


@strawberry.type(description="News about crypto markets, as CoinGlass collects it.")
class CryptoNews:
    articles: Result[CryptoArticleList] = upstream_paged(api.ARTICLES, CryptoArticleList)
    flashes: Result[FlashList] = upstream_paged(api.NEWSFLASHES, FlashList)
