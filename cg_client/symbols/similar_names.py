"""Suggests listed names for a mistyped one, out of thousands, in milliseconds."""

import difflib
import heapq
import string
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator

from cg_client.call import may_suggest

MAX_SUGGESTIONS = 5

_SIMILARITY = 0.6
_COMPARED = 30  # names that share the most pairs, and are compared letter by letter
_SHORT = 8  # letters: in shorter names one typing error leaves too few pairs of letters
_CACHED = 256  # searches: an unknown name is searched several times before it is refused
_LETTERS = string.ascii_lowercase + string.digits


class SimilarNames:
    """Folded names, indexed by the pairs of neighbouring letters in them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._by_pair: defaultdict[str, list[str]] = defaultdict(list)
        self._cached: OrderedDict[str, list[str]] = OrderedDict()  # of names that were searched, the latest last
        for name in self._names:
            for pair in _pairs(name):
                self._by_pair[pair].append(name)

    def near(self, name: str) -> list[str]:
        """Return the most similar names, the nearest first; none once an operation has searched for too many."""
        if name not in self._cached:
            if not may_suggest():
                return []
            self._cached[name] = self._near(name)
            if len(self._cached) > _CACHED:
                self._cached.popitem(last=False)
        self._cached.move_to_end(name)
        return self._cached[name]

    def _near(self, name: str) -> list[str]:
        typos = sorted(self._names.intersection(_typos(name))) if len(name) <= _SHORT else []
        close = [
            *difflib.get_close_matches(name, typos, MAX_SUGGESTIONS, _SIMILARITY),
            *difflib.get_close_matches(name, self._sharing(name), MAX_SUGGESTIONS, _SIMILARITY),
        ]
        return list(dict.fromkeys(close))[:MAX_SUGGESTIONS]

    def _sharing(self, name: str) -> list[str]:
        shared: Counter[str] = Counter()
        for pair in _pairs(name):
            shared.update(self._by_pair.get(pair, ()))
        return heapq.nlargest(
            _COMPARED, shared, key=lambda other: (shared[other] / (len(name) + len(other) + 2), other)
        )


def _pairs(name: str) -> set[str]:
    """Return the pairs of letters, the two ends of the name included."""
    return set(map(str.__add__, f"^{name}", f"{name}$"))


def _typos(name: str) -> Iterator[str]:
    """Yield all texts with one letter wrong, missing or added, or with two letters swapped."""
    for at in range(len(name) + 1):
        before, after = name[:at], name[at:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after
            yield before + letter + after[1:]
