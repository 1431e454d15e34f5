"""The numbers by which cursors name the events of a feed."""

from typing import Final

from cg_client.live.stream import EventNumber

_MAX_SPANS: Final = 1_000
_FORGOTTEN: Final = EventNumber("-", 0)  # no event has this number


class _Span:
    """The events from the position `first` on, up to the next span: the number of each is its position and `offset`.

    `lowest`: the position up to which a number says that nothing is missing.
    """

    __slots__ = ("epoch", "first", "lowest", "offset")

    def __init__(self, first: int, lowest: int, epoch: str, offset: int) -> None:
        self.first, self.lowest, self.epoch, self.offset = first, lowest, epoch, offset


class Numbering:
    """A feed counts its events; replicas that follow one stream have the same numbers for the same events.

    While a replica follows nobody, its numbers are in an epoch of its own. So the numbers of a feed come in spans.
    """

    def __init__(self, epoch: str) -> None:
        self._spans = [_Span(1, 0, epoch, 0)]

    def begin(self, position: int, number: EventNumber, *, is_event: bool = True) -> None:
        """Note the number of the event at a position, which is that after the last; those after it go on from it.

        With `is_event` False it is no event of the stream, but comes after the event of that number.
        """
        offset, last = number.number - position, self._spans[-1]
        if last.epoch == number.epoch and last.offset == offset:
            return
        while self._spans and self._spans[-1].first >= position:
            self._spans.pop()
        self._spans.append(_Span(position, position - is_event, number.epoch, offset))
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
            if span.epoch == number.epoch and span.lowest <= position and is_before_end:
                return position
        return None
