"""Suggestions for a misspelt name, out of thousands, in milliseconds."""

import difflib
import heapq
import string
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

MAX_SUGGESTIONS = 5

_SIMILARITY = 0.6
_COMPARED = 30  # names that share the most with what was asked, and are compared letter by letter
_SHORT = 8  # letters: of shorter names one slip leaves too few pairs of letters
_REMEMBERED = 256  # searches: an unknown name is looked for several times before it is refused
_LETTERS = string.ascii_lowercase + string.digits


class SimilarNames:
    """Folded names, indexed by the pairs of neighbouring letters in them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._by_pair: defaultdict[str, list[str]] = defaultdict(list)
        self._remembered: dict[str, list[str]] = {}
        for name in self._names:
            for pair in _pairs(name):
                self._by_pair[pair].append(name)

    def near(self, asked: str) -> list[str]:
        """Return the most similar names, the nearest first."""
        found = self._remembered.get(asked)
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[asked] = self._search(asked)
        return found

    def _search(self, asked: str) -> list[str]:
        slips = sorted(self._names.intersection(_slips(asked))) if len(asked) <= _SHORT else []
        close = [
            *difflib.get_close_matches(asked, slips, MAX_SUGGESTIONS, _SIMILARITY),
            *difflib.get_close_matches(asked, self._sharing(asked), MAX_SUGGESTIONS, _SIMILARITY),
        ]
        return list(dict.fromkeys(close))[:MAX_SUGGESTIONS]

    def _sharing(self, asked: str) -> list[str]:
        shared: Counter[str] = Counter()
        for pair in _pairs(asked):
            shared.update(self._by_pair.get(pair, ()))
        return heapq.nlargest(_COMPARED, shared, key=lambda name: (shared[name] / (len(asked) + len(name) + 2), name))


def _pairs(name: str) -> set[str]:
    """Return the pairs of letters, the two ends of the name included."""
    return set(map(str.__add__, f"^{name}", f"{name}$"))


def _slips(asked: str) -> Iterator[str]:
    """Yield all texts with one letter wrong, missing or added, or with two letters swapped."""
    for at in range(len(asked) + 1):
        before, after = asked[:at], asked[at:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after
            yield before + letter + after[1:]
