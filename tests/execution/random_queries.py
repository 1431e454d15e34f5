"""Queries by chance: aliases, fragments of all kinds, directives, variables, repeated and merged fields."""

import random
from collections.abc import Callable, Mapping, Sequence

ROW_SCALARS = (
    *("id", "time", "stamp", "day", "price", "change", "count", "rest", "name", "note"),
    *("sure", "maybe", "side", "levels", "__typename"),
)
SCALARS: Mapping[str, Sequence[str]] = {
    "Row": ROW_SCALARS,
    "Share": ("name", "part", "at", "__typename"),
    "Detail": ("note", "rank", "side", "__typename"),
    "Simple": ("time", "price", "__typename"),
    "Payload": ("id", "prices", "times", "count", "__typename"),
    "Refusal": ("code", "__typename"),
    "Named": ("id", "__typename"),
}  # fmt: skip
OBJECTS: Mapping[str, Mapping[str, str]] = {
    "Row": {"detail": "Detail", "extra": "Detail", "shares": "Share"},
    "Simple": {"shares": "Share"},
    "Payload": {"rows": "Row", "some": "Row", "simple": "Simple", "latest": "Row"},
}
NAMED = "fragment OfRow on Row { fo: price name __typename maybe shares { name } } "
SHARED = "fragment OfShare on Share { name s: part at } "
VARIABLES = {"on": "Boolean!", "off": "Boolean!", "first": "Int", "side": "Side", "at": "DateTime"}
NESTS = ("nest", "nestLater", "nestSoon", "nests")
ARGUMENTS = ("", "(first: 9)", "(first: $first)", "(first: 8, side: SELL)", "(side: $side)", "(first: -1)", "(at: $at)")


class Writer:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._of_rows = "id"  # what was selected of rows last

    def query(self) -> str:
        """Return an operation with the variables that it uses; its fragments stand behind it."""
        roots = " ".join(self._root(index) for index in range(self._chance.randint(1, 3)))
        for _ in range(self._chance.choice([0, 0, 0, 1, 2])):
            beside = self._root(9) if self._chance.random() < 0.3 else ""
            roots = f"{beside} {self._chance.choice(NESTS)} {{ {roots} }}"
        body = f"{{ {roots} }}"
        used = [f"${name}: {kind}" for name, kind in VARIABLES.items() if f"${name}" in body]
        declared = f" Q({', '.join(used)})" if used else ""
        fragments = (NAMED if "...OfRow" in body else "") + (SHARED if "...OfShare" in body else "")
        return f"query{declared} {body} {fragments}"

    def variables(self) -> dict[str, object]:
        """Values for all of them; which are used, the operation tells."""
        pick = self._chance.choice
        return {
            "on": pick([True, False]),
            "off": pick([True, False]),
            "first": pick([0, 2, 9, -1, None]),
            "side": pick(["BUY", "SELL"]),
            "at": "2026-01-02T03:04:05Z",
        }

    def _root(self, index: int) -> str:
        write: Callable[[int], str] = self._chance.choice(
            [self._payload, self._result, self._rows, self._some, self._rows, self._named]
        )
        return write(index)

    def _payload(self, index: int) -> str:
        return f"p{index}: payload{self._directive(0.1)} {{ {self._fields('Payload')} }}"

    def _result(self, index: int) -> str:
        name = self._chance.choice(["result", "later", "soon", "soon", "surely"])
        payload = f"... on Payload {{ {self._fields('Payload')} }}"
        return f"r{index}: {name} {{ __typename {payload} ... on Refusal {{ code }} }}"

    def _rows(self, index: int) -> str:
        self._of_rows = self._fields("Row")
        name = self._chance.choice(["rows", "rows", "rowsSoon"])
        return f"l{index}: {name}{self._directive(0.1)} {{ {self._of_rows} }}"

    def _some(self, index: int) -> str:
        arguments = self._chance.choice(ARGUMENTS)
        fields = self._chance.choice([self._of_rows, self._fields("Row")])  # the same of a part of the same rows
        return f"s{index}: some{arguments} {{ {fields} }}"

    def _named(self, index: int) -> str:
        return f"n{index}: named {{ {self._fields('Named')} ... on Row {{ {self._fields('Row', 2)} }} }}"

    def _fields(self, kind: str, depth: int = 0) -> str:
        return " ".join(self._selection(kind, depth) for _ in range(self._chance.randint(1, 6)))

    def _selection(self, kind: str, depth: int) -> str:
        chance = self._chance.random()
        objects = OBJECTS.get(kind, {})
        if objects and depth < 3 and chance < 0.3:
            name = self._chance.choice(list(objects))
            return f"{self._alias(name)}{name}{self._directive(0.1)} {{ {self._fields(objects[name], depth + 1)} }}"
        if depth < 3 and chance < 0.42:
            condition = self._chance.choice(["", f" on {kind}"])
            return f"...{condition}{self._directive(0.5)} {{ {self._fields(kind, depth + 1)} }}"
        if kind in ("Row", "Share") and chance < 0.5:
            return f"...Of{kind}{self._directive(0.5)}"
        if kind == "Row" and chance < 0.53:
            return self._chance.choice(["computed", "k3: computed(times: 3)", "gated"])
        name = self._chance.choice(SCALARS[kind])
        return f"{self._alias(name)}{name}{self._directive(0.2)}"

    def _alias(self, name: str) -> str:
        return self._chance.choice(["", "", "", f"x_{name}: ", f"y_{name}: "])

    def _directive(self, share: float) -> str:
        if self._chance.random() >= share:
            return ""
        name = self._chance.choice(["include", "skip"])
        return f" @{name}(if: {self._chance.choice(['$on', '$off', 'true', 'false'])})"
