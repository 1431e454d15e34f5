"""News."""

from datetime import datetime
from typing import Annotated

import strawberry

from cg_client.endpoints import news as api
from graph_types.fields import sparse, value
from graph_types.problems import Result
from pagination.connections import Paged
from resolvers.pages import upstream_paged

ReleaseTime = Annotated[datetime | None, value("When it was released.")]
Title = Annotated[str | None, value("Headline.")]
Content = Annotated[str | None, sparse("Body, as HTML of its publisher: clean it before it is shown.")]
Picture = Annotated[str | None, sparse("Address of its picture.")]
Publisher = Annotated[str | None, sparse("Who published it.")]
PublisherLogo = Annotated[str | None, sparse("Address of the publisher's logo.")]


@strawberry.type(description="An article.")
class Article:
    time: ReleaseTime
    title: Title
    description_html: Annotated[str | None, sparse("Summary, as HTML of its publisher: clean it before it is shown.")]
    content_html: Content
    picture_url: Picture
    publisher: Publisher
    publisher_logo_url: PublisherLogo


@strawberry.type(description="A short piece of news.")
class Newsflash:
    time: ReleaseTime
    title: Title
    content_html: Content
    picture_url: Picture
    publisher: Publisher
    publisher_logo_url: PublisherLogo


@strawberry.type(description="Articles, a page of them.")
class ArticleList(Paged):
    articles: list[Article] = strawberry.field(description="The articles, as CoinGlass orders them.")


@strawberry.type(description="Short news, a page of them.")
class FlashList(Paged):
    flashes: list[Newsflash] = strawberry.field(description="The pieces, as CoinGlass orders them.")


@strawberry.type(description="News, as CoinGlass collects it.")
class News:
    articles: Result[ArticleList] = upstream_paged(api.ARTICLES, ArticleList)
    flashes: Result[FlashList] = upstream_paged(api.NEWSFLASHES, FlashList)
