"""Events of a subscription that are no data: what became of the stream."""

from datetime import datetime
from enum import Enum

import strawberry


@strawberry.enum(description="What a `StreamStatus` states.")
class StreamState(Enum):
    CONNECTED = strawberry.enum_value(
        "CONNECTED", description="The stream from CoinGlass is open; events follow as they come."
    )
    RESUMED = strawberry.enum_value(
        "RESUMED", description="The stream goes on after a gap: events from `gapStart` on may be missing."
    )
    LAGGING = strawberry.enum_value(
        "LAGGING", description="This client read too slowly: `dropped` events were not sent to it."
    )
    POLLED = strawberry.enum_value(
        "POLLED", description="CoinGlass sends no such events: the server asks every `periodSeconds`."
    )


@strawberry.type(description="An event of a subscription that is no data: what became of the stream.")
class StreamStatus:
    state: StreamState = strawberry.field(description="What happened.")
    message: str = strawberry.field(description="The same in words, and what to do. The wording may change.")
    cursor: str = strawberry.field(
        default="",
        description="Pass it as `after` to go on from here with nothing missing or doubled. Empty before the first "
        "snapshot of a stream, which then begins anew.",
    )
    gap_start: datetime | None = strawberry.field(
        default=None, description="For RESUMED: since when events may be missing."
    )
    gap_seconds: float | None = strawberry.field(
        default=None,
        description="For RESUMED: length of the gap, in seconds. Null if the server's clock was set back in it.",
    )
    dropped: int | None = strawberry.field(
        default=None, description="For LAGGING: number of events that were not sent to this client."
    )
    period_seconds: float | None = strawberry.field(
        default=None, description="For POLLED: seconds between two requests to CoinGlass."
    )


def resumed(gap_start: datetime, gap_seconds: float | None, message: str) -> StreamStatus:
    """Return the status of a stream that goes on after a gap."""
    return StreamStatus(state=StreamState.RESUMED, message=message, gap_start=gap_start, gap_seconds=gap_seconds)


def lagging(dropped: int, message: str) -> StreamStatus:
    """Return the status of a client that was not sent so many events."""
    return StreamStatus(state=StreamState.LAGGING, message=message, dropped=dropped)
