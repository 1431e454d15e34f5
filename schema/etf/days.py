"""The day of a fund's figures."""

from datetime import datetime
from typing import Annotated

from vocabulary.fields import value
from vocabulary.scalars import Timestamp

Day = Annotated[datetime, value("Day.", wire="timestamp")]
TimestampOfDay = Annotated[Timestamp, value("Day, in milliseconds.", wire="timestamp")]
