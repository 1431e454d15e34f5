"""Cursors of subscriptions: which event of which feed a client had last."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

import strawberry

from cg_client.errors import BadArgument
from resolvers.arguments import argument

_FIELDS = 3
_MAX_TEXT = 200


AFTER: Final = argument(
    "after",
    str | None,
    "The `cursor` of the last event that the client has: the stream goes on after it. Left out: from now on.",
    strawberry.UNSET,
)


class Cursor(NamedTuple):
    """`epoch`: the life of a feed, a stream in the store, or what a client of a series has. `position`: in it.

    `time_ms`: when the server had the event, in milliseconds, so that a gap can be measured without the feed.
    """

    epoch: str
    position: int
    time_ms: int

    @property
    def time(self) -> datetime:
        return datetime.fromtimestamp(self.time_ms / 1000, UTC)

    def __str__(self) -> str:
        text = f"{self.epoch}.{self.position}.{self.time_ms}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise BadArgument for a text that no subscription has given out."""
        if len(text) > _MAX_TEXT:
            raise _no_cursor()
        try:
            decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            raise _no_cursor() from None
        fields = decoded.split(".")
        if len(fields) != _FIELDS or not all(field.isdecimal() for field in fields[1:]):
            raise _no_cursor()
        cursor = cls(fields[0], int(fields[1]), int(fields[2]))
        try:
            cursor.time  # noqa: B018  # whether it is a time
        except (OverflowError, ValueError, OSError):
            raise _no_cursor() from None
        return cursor


def cursor_of(after: str | None) -> Cursor | None:
    """Return the cursor of the argument `after`, if it was given; raises BadArgument."""
    return Cursor.parse(after) if after else None


def _no_cursor() -> BadArgument:
    return BadArgument("This is no cursor of a subscription. Pass the `cursor` of an event, unchanged.", "after")
