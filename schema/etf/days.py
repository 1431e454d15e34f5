"""The day of a fund's figures."""

from datetime import datetime
from typing import Annotated

from graph_types.fields import value
from graph_types.scalars import Timestamp

Day = Annotated[datetime, value("Day.", wire="timestamp")]
TimestampOfDay = Annotated[Timestamp, value("Day, in milliseconds.", wire="timestamp")]
