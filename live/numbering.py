"""The numbers by which cursors name the events of a feed."""

from typing import Final

from cg_client.live.stream import EventNumber

_MAX_SPANS: Final = 1_000
_FORGOTTEN: Final = EventNumber("-", 0)  # no event has this number


class _Span:
    """The events from the position `first` on, up to the next span: the number of each is its position and `offset`."""

    __slots__ = ("epoch", "first", "offset")

    def __init__(self, first: int, epoch: str, offset: int) -> None:
        self.first, self.epoch, self.offset = first, epoch, offset


class Numbering:
    """A feed counts its events; replicas that follow one stream have the same numbers for the same events.

    While a replica follows nobody, its numbers are in an epoch of its own. So the numbers of a feed come in spans.
    """

    def __init__(self, epoch: str) -> None:
        self._spans = [_Span(1, epoch, 0)]

    def begin(self, position: int, number: EventNumber) -> None:
        """Note the number of the event at a position, which is that after the last; those after it go on from it."""
        offset, last = number.number - position, self._spans[-1]
        if last.epoch == number.epoch and last.offset == offset:
            return
        while self._spans and self._spans[-1].first >= position:
            self._spans.pop()
        self._spans.append(_Span(position, number.epoch, offset))
        if len(self._spans) > _MAX_SPANS:
            del self._spans[0]

    def number(self, position: int) -> EventNumber:
        """Return the number of the event at a position, or of that before the first one."""
        for span in reversed(self._spans):
            if span.first <= position or (span is self._spans[0] and span.first - 1 == position):
                return EventNumber(span.epoch, position + span.offset)
        return _FORGOTTEN

    def position(self, number: EventNumber) -> int | None:
        """Return the position after which comes what follows the number; None if that is not known."""
        for index, span in enumerate(self._spans):
            position = number.number - span.offset
            is_before_end = index + 1 == len(self._spans) or position < self._spans[index + 1].first
            if span.epoch == number.epoch and span.first - 1 <= position and is_before_end:
                return position
        return None
