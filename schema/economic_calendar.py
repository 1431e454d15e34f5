"""The economic calendar."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from cg_client.endpoints import calendar as api
from graph_types.fields import sparse, value
from graph_types.problems import Result
from payloads.source import Sourced
from resolvers.field import upstream


@strawberry.enum(description="Importance of an event, as CoinGlass rates it.")
class Importance(Enum):
    LOW = strawberry.enum_value("LOW", description="Low: level 1 of 3.")
    MEDIUM = strawberry.enum_value("MEDIUM", description="Medium: level 2 of 3.")
    HIGH = strawberry.enum_value("HIGH", description="High: level 3 of 3.")


_LEVELS = {1: Importance.LOW, 2: Importance.MEDIUM, 3: Importance.HIGH}
_EXACT = {1: True, 2: False}

EventTime = Annotated[datetime | None, value("When it is published or takes place.")]
TimeIsExact = Annotated[
    bool | None, sparse("Whether the time of day is known; otherwise only the day is.", codes=_EXACT)
]
EventName = Annotated[str | None, value("Name of the figure or event.")]
Country = Annotated[str | None, sparse("Name of the country.")]
CountryCode = Annotated[str | None, sparse("Code of the country, as CoinGlass has it.")]
Level = Annotated[Importance | None, sparse("Importance, as CoinGlass rates it.", codes=_LEVELS)]


@strawberry.type(description="An economic figure. Its values are texts as they are published, e.g. `-0.1%`.")
class EconomicFigure:
    time: EventTime
    time_is_exact: TimeIsExact
    name: EventName
    country: Country
    country_code: CountryCode
    importance: Level
    effect: Annotated[str | None, sparse("Effect on markets, as CoinGlass words it.")]
    published: Annotated[str | None, sparse("Published value; null before it is published.")]
    forecast: Annotated[str | None, sparse("Forecast value.")]
    previous: Annotated[str | None, sparse("Value published the time before.")]
    revised_previous: Annotated[str | None, sparse("Revision of the previous value.")]


@strawberry.type(description="An event of the economic calendar.")
class EconomicEvent:
    time: EventTime
    time_is_exact: TimeIsExact
    name: EventName
    country: Country
    country_code: CountryCode
    importance: Level


@strawberry.type(description="Economic figures, from 15 days ago to 15 days ahead.")
class EconomicData(Sourced):
    figures: list[EconomicFigure] = strawberry.field(description="The figures, as CoinGlass orders them.")


@strawberry.type(description="Activities of central banks, from 15 days ago to 15 days ahead; documented in Chinese.")
class CentralBankActivities(Sourced):
    events: list[EconomicEvent] = strawberry.field(description="The events, as CoinGlass orders them.")


@strawberry.type(
    description="Other events that markets watch, from 15 days ago to 15 days ahead; documented in Chinese."
)
class FinancialEvents(Sourced):
    events: list[EconomicEvent] = strawberry.field(description="The events, as CoinGlass orders them.")


@strawberry.type(
    description="The economic calendar: figures, central banks and other events, up to 15 days back and ahead."
)
class EconomicCalendar:
    economic_data: Result[EconomicData] = upstream(api.ECONOMIC_DATA, EconomicData)
    central_bank_activities: Result[CentralBankActivities] = upstream(
        api.CENTRAL_BANK_ACTIVITIES, CentralBankActivities
    )
    financial_events: Result[FinancialEvents] = upstream(api.FINANCIAL_EVENTS, FinancialEvents)
