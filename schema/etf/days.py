"""The day of a fund's figures."""

from datetime import datetime
from typing import Annotated

from graph_types.fields import value
from graph_types.scalars import Timestamp

Day = Annotated[datetime, value("Day.", source_name="timestamp")]
TimestampOfDay = Annotated[Timestamp, value("Day, in milliseconds.", source_name="timestamp")]
