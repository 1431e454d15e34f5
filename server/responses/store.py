"""The answers that are kept, within a bound in bytes; what was not asked for the longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable

from server.responses.answer import Answer, Rendering
from server.responses.question import Key, RawKey

_ALIASES_AT_MOST = 16
_OVERHEAD = 1024  # bytes of an answer, a rendering or an alias beside its text: objects, headers, places in maps


class Store:
    """Finds an answer by what was asked, or at once by the bytes of the request: its aliases, which go with it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._aliases: dict[RawKey, tuple[Answer, Rendering]] = {}
        self.bytes = 0
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._answers)

    def at_once(self, raw: RawKey, now: float, version: Hashable) -> tuple[Answer, Rendering] | None:
        """The answer, in the form in which this very request had it before."""
        found = self._aliases.get(raw)
        return found if found is not None and self._holds(found[0], now, version) else None

    def find(self, key: Key, now: float, version: Hashable) -> Answer | None:
        answer = self._answers.get(key)
        return answer if answer is not None and self._holds(answer, now, version) else None

    def _holds(self, answer: Answer, now: float, version: Hashable) -> bool:
        if answer.holds(now, version):
            self._answers.move_to_end(answer.key)
            return True
        self._drop(answer)
        return False

    def fits(self, answer: Answer) -> bool:
        return _size(answer) <= self._limit

    def keep(self, answer: Answer) -> None:
        if (before := self._answers.get(answer.key)) is not None:
            self._drop(before)
        self._answers[answer.key] = answer
        self._count(answer)

    def add_alias(self, answer: Answer, raw: RawKey, rendering: Rendering) -> None:
        """To be called after each rendering of a kept answer, whose bytes are counted with it."""
        if self._answers.get(answer.key) is not answer:
            return
        if len(answer.aliases) == _ALIASES_AT_MOST:
            oldest = next(iter(answer.aliases))
            del self._aliases[oldest], answer.aliases[oldest]
        answer.aliases[raw], self._aliases[raw] = rendering, (answer, rendering)
        self._count(answer)

    def _count(self, answer: Answer) -> None:
        size = _size(answer)
        self.bytes += size - answer.counted
        answer.counted = size
        while self.bytes > self._limit:
            self.evicted += 1
            self._drop(next(iter(self._answers.values())))

    def _drop(self, answer: Answer) -> None:
        del self._answers[answer.key]
        self.bytes -= answer.counted
        for raw in answer.aliases:
            del self._aliases[raw]


def _size(answer: Answer) -> int:
    bodies = {id(answer.body): len(answer.body)}
    bodies |= {id(rendering.body): len(rendering.body) for rendering in answer.renderings.values()}
    texts = answer.key.size + sum(len(part) for raw in answer.aliases for part in raw if part is not None)
    return sum(bodies.values()) + texts + _OVERHEAD * (1 + len(answer.renderings) + len(answer.aliases))
