"""Figures by period, as the wide market rows have them."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse


@strawberry.type(description="A change over 24 hours.")
class DayChange:
    h24: Annotated[float | None, sparse("Over 24 hours, in percent.", source_name="24h")]


@strawberry.type(description="Changes by period, in percent.")
class PercentByPeriod:
    m5: Annotated[float | None, sparse("Over 5 minutes, in percent.", source_name="5m")]
    m15: Annotated[float | None, sparse("Over 15 minutes, in percent.", source_name="15m")]
    m30: Annotated[float | None, sparse("Over 30 minutes, in percent.", source_name="30m")]
    h1: Annotated[float | None, sparse("Over 1 hour, in percent.", source_name="1h")]
    h4: Annotated[float | None, sparse("Over 4 hours, in percent.", source_name="4h")]
    h24: Annotated[float | None, sparse("Over 24 hours, in percent.", source_name="24h")]


@strawberry.type(description="Figures by period, from five minutes to a day.")
class FromMinutesToDay:
    m5: Annotated[float | None, sparse("Of 5 minutes.", source_name="5m")]
    m15: Annotated[float | None, sparse("Of 15 minutes.", source_name="15m")]
    m30: Annotated[float | None, sparse("Of 30 minutes.", source_name="30m")]
    h1: Annotated[float | None, sparse("Of 1 hour.", source_name="1h")]
    h4: Annotated[float | None, sparse("Of 4 hours.", source_name="4h")]
    h12: Annotated[float | None, sparse("Of 12 hours.", source_name="12h")]
    h24: Annotated[float | None, sparse("Of 24 hours.", source_name="24h")]


@strawberry.type(description="Figures by period, from an hour to a week.")
class FromHourToWeek:
    h1: Annotated[float | None, sparse("Of 1 hour.", source_name="1h")]
    h4: Annotated[float | None, sparse("Of 4 hours.", source_name="4h")]
    h12: Annotated[float | None, sparse("Of 12 hours.", source_name="12h")]
    h24: Annotated[float | None, sparse("Of 24 hours.", source_name="24h")]
    w1: Annotated[float | None, sparse("Of 1 week.", source_name="1w")]


@strawberry.type(description="Figures by period, from five minutes to a week.")
class FromMinutesToWeek(FromMinutesToDay):
    w1: Annotated[float | None, sparse("Of 1 week.", source_name="1w")]
