"""The economic calendar of the modelled market: made-up figures on dates that follow from the clock.

It reaches 15 days either way, as CoinGlass' does. Every entry says that it is modelled. The value of a month is a
function of the figure's name and the month, so that `previous_value` is what the entry of the month before published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cg_client.endpoint import Endpoint
from cg_client.endpoints import calendar
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import hashed
from sandbox.windows import Query

_REACH = timedelta(days=15)
_HOUR = timedelta(hours=1)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EXACT, _NOT_EXACT = 1, 2
_REVISED = 0.2  # of the figures
_EFFECTS = ("Minor Impact", "Moderate Impact", "Major Impact")
_COUNTRIES = {
    "USA": "United States",
    "EU": "Euro Area",
    "UK": "United Kingdom",
    "JP": "Japan",
    "CN": "China",
    "SK": "Korea",
}


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that takes place once a month, at an hour of the day (UTC)."""

    name: str
    country: str
    importance: int
    day: int
    hour: int


@dataclass(frozen=True, slots=True)
class _Figure(_Event):
    """An economic figure that is published once a month: its usual value, by how much it varies, and its unit."""

    usual: float
    varies: float
    unit: str
    decimals: int = 1

    def text(self, months: int, name: str = "published", weight: float = 1.0) -> str:
        """Return the value of a month, counted since the year 0, as it is published."""
        deviation = 2 * hashed(f"calendar/{self.country}/{self.name}/{name}", months) - 1
        value = round(self.usual + self.varies * weight * deviation, self.decimals) + 0.0  # and not -0.0
        return f"{value:.{self.decimals}f}{self.unit}"


_FIGURES = (
    _Figure("Consumer price index (YoY)", "USA", 3, 12, 13, 2.7, 0.5, "%"),
    _Figure("Consumer price index (MoM)", "USA", 3, 12, 13, 0.2, 0.2, "%"),
    _Figure("Unemployment rate", "USA", 3, 5, 13, 4.2, 0.2, "%"),
    _Figure("Change in non-farm employment", "USA", 3, 5, 13, 120, 90, "K", 0),
    _Figure("Retail sales (MoM)", "USA", 2, 16, 13, 0.3, 0.6, "%"),
    _Figure("Industrial production (MoM)", "USA", 2, 17, 14, 0.1, 0.6, "%"),
    _Figure("Producer price index (MoM)", "USA", 2, 14, 13, 0.2, 0.4, "%"),
    _Figure("Consumer confidence", "USA", 2, 26, 15, 101, 8, ""),
    _Figure("GDP growth (QoQ)", "USA", 3, 27, 13, 2.2, 1.0, "%"),
    _Figure("Consumer price index (YoY)", "EU", 3, 18, 10, 2.2, 0.4, "%"),
    _Figure("Industrial production (MoM)", "EU", 1, 15, 10, 0.1, 0.9, "%"),
    _Figure("Unemployment rate", "EU", 2, 2, 10, 6.3, 0.2, "%"),
    _Figure("Consumer price index (YoY)", "UK", 2, 19, 7, 2.9, 0.6, "%"),
    _Figure("Retail sales (MoM)", "UK", 1, 21, 7, 0.2, 0.9, "%"),
    _Figure("Consumer price index (YoY)", "JP", 2, 21, 23, 2.4, 0.5, "%"),
    _Figure("Industrial production (MoM)", "JP", 1, 28, 23, 0.2, 1.5, "%"),
    _Figure("Exports (YoY)", "CN", 2, 9, 3, 4.5, 4.0, "%"),
    _Figure("Manufacturing purchasing managers' index", "CN", 2, 30, 1, 50, 1.2, ""),
    _Figure("Industrial production (YoY)", "SK", 1, 29, 23, 2.0, 3.5, "%"),
    _Figure("Exports (YoY)", "SK", 1, 1, 0, 5.0, 6.0, "%"),
)
_BANKS = (
    _Event("Decision on the key interest rate", "USA", 3, 17, 19),
    _Event("Minutes of the last meeting", "USA", 2, 8, 19),
    _Event("Decision on the key interest rate", "EU", 3, 11, 12),
    _Event("Economic bulletin", "EU", 1, 25, 8),
    _Event("Decision on the key interest rate", "UK", 2, 6, 12),
    _Event("Decision on the key interest rate", "JP", 2, 19, 3),
    _Event("Survey of lending", "EU", 1, 22, 8),
    _Event("Decision on the loan prime rate", "CN", 2, 20, 1),
)
_EVENTS = (
    _Event("Expiry of monthly equity options", "USA", 2, 20, 21),
    _Event("Auction of ten-year government bonds", "USA", 1, 10, 18),
    _Event("Auction of thirty-year government bonds", "USA", 1, 11, 18),
    _Event("Meeting of oil exporting countries", "", 2, 3, 13),
    _Event("Public hearing on digital assets", "USA", 2, 24, 15),
    _Event("Publication of a stability report", "EU", 1, 23, 9),
    _Event("Stock market closed", "JP", 1, 23, 0),
)


def _window(query: Query, now: int) -> tuple[int, int]:
    reach = int(_REACH / timedelta(milliseconds=1))
    start, end = int(query.get("start_time") or 0), int(query.get("end_time") or now + reach)
    return max(start, now - reach), min(end, now + reach)


def _dates(event: _Event, query: Query, now: int) -> Iterator[tuple[int, int]]:
    """Return when it takes place within the window, in milliseconds, and in which month, counted since the year 0."""
    start, end = _window(query, now)
    first = datetime.fromtimestamp(start / 1000, UTC)
    months = first.year * 12 + first.month - 1
    for month in range(months, months + 3):
        midnight = datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) + timedelta(days=min(event.day, 28) - 1)
        time = round((midnight + event.hour * _HOUR).timestamp() * 1000)
        if start <= time <= end:
            yield time, month


def _entry(event: _Event, time: int, name: str) -> Row:
    row: Row = {
        "calendar_name": f"{name}, modelled",
        "country_name": _COUNTRIES.get(event.country, ""),
        "publish_timestamp": time,
        "importance_level": event.importance,
        "has_exact_publish_time": _EXACT if event.hour else _NOT_EXACT,
    }
    return row | {"country_code": event.country} if event.country else row


def _figure(figure: _Figure, time: int, month: int, now: int) -> Row:
    reported = _MONTHS[(month - 1) % 12]
    revised = hashed(f"calendar/{figure.country}/{figure.name}/revision", month) < _REVISED
    return _entry(figure, time, f"{figure.name} ({reported})") | {
        "data_effect": _EFFECTS[figure.importance - 1],
        "forecast_value": figure.text(month, "forecast", 0.5),
        "previous_value": figure.text(month - 1),
        "revised_previous_value": figure.text(month - 1, "revised", 0.8) if revised else "",
        "published_value": figure.text(month) if time <= now else "",
    }


def _economic_data(query: Query, context: ModelContext) -> list[Row]:
    now = context.now
    rows = [_figure(figure, *date, now) for figure in _FIGURES for date in _dates(figure, query, now)]
    return sorted(rows, key=_time)


def _events(events: tuple[_Event, ...]) -> Model:
    def model(query: Query, context: ModelContext) -> list[Row]:
        rows = [_entry(event, time, event.name) for event in events for time, _ in _dates(event, query, context.now)]
        return sorted(rows, key=_time)

    return model


def _time(row: Row) -> int:
    time: int = row["publish_timestamp"]
    return time


MODELS: Mapping[Endpoint, Model] = {
    calendar.ECONOMIC_DATA: _economic_data,
    calendar.CENTRAL_BANK_ACTIVITIES: _events(_BANKS),
    calendar.FINANCIAL_EVENTS: _events(_EVENTS),
}
