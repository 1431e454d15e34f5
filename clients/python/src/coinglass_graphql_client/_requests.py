"""Requests as values: which field of the graph, with which arguments, and what it answers. Nothing is sent here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from coinglass_graphql_client.generated.selections import SELECTIONS

T_co = TypeVar("T_co", covariant=True)

_STEPS = {"M": timedelta(minutes=1), "H": timedelta(hours=1), "D": timedelta(days=1), "W": timedelta(weeks=1)}
_PROBLEMS = ("PlanGated", "Unavailable", "InvalidInput")


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a field with its type in the SDL; None leaves it out."""

    name: str
    type: str
    value: object


@dataclass(frozen=True, slots=True)
class Step:
    """A field on the way to what is requested."""

    field: str
    arguments: tuple[Argument, ...] = ()

    def __str__(self) -> str:
        arguments = ", ".join(f"{argument.name}: {argument.value}" for argument in self.arguments)
        return f"{self.field}({arguments})" if arguments else self.field


def step(field: str, *arguments: Argument) -> Step:
    """Return a step with those arguments that have a value."""
    return Step(field, tuple(argument for argument in arguments if argument.value is not None))


@dataclass(frozen=True, slots=True)
class Namespace:
    """A place in the graph, such as a pair, whose methods are requests."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.steps))


@dataclass(frozen=True, slots=True)
class Request(Generic[T_co]):
    """A field of the graph that a client can fetch; `answer` is the type of the value."""

    steps: tuple[Step, ...]
    answer: type[T_co]
    selected: str
    is_result: bool = field(default=True, kw_only=True)
    selection: str = field(default="", kw_only=True)  # instead of all of `selected`

    def __str__(self) -> str:
        return ".".join(map(str, self.steps))


@dataclass(frozen=True, slots=True)
class SeriesRequest(Request[T_co]):
    """A request for figures over time, of which a client can also fetch a long history."""

    columns: tuple[str, ...] = field(default=(), kw_only=True)

    def only(self, *columns: str) -> "SeriesRequest[T_co]":
        """Return the request for a history of these columns alone, named as in a data frame: `only("close")`.

        Raises `ValueError` for a column that there is not. `fetch` returns all columns in any case.
        """
        names = [name for name in _columns_of(self.answer) if name != "timestamp"]
        for name in columns:
            if name not in names:
                raise ValueError(f"{self.selected} has no column {name!r}, but {', '.join(names)}")
        return replace(self, columns=columns)

    @property
    def column_fields(self) -> list[msgspec.structs.FieldInfo]:
        """The columns that a history has of the series, its time included."""
        fields = _columns_of(self.answer)
        return [info for name, info in fields.items() if not self.columns or name in {"timestamp", *self.columns}]

    @property
    def interval(self) -> timedelta:
        """The time from one point to the next."""
        values = {argument.name: str(argument.value) for argument in self.steps[-1].arguments}
        name = values.get("interval", "D1")
        if name[0] not in _STEPS or not name[1:].isdigit():
            raise ValueError(f"{name!r} is not an interval: write one as Interval.H1")
        return _STEPS[name[0]] * int(name[1:])

    def between(self, start: datetime, end: datetime) -> "SeriesRequest[T_co]":
        """Return the request for the points from `start` to `end`, both included."""
        return self._with(Argument("from", "DateTime", start), Argument("to", "DateTime", end), without="last")

    def clipped(self) -> "SeriesRequest[T_co]":
        """Return the request for the part of the window that the plan includes."""
        return self._with(Argument("onPlanLimit", "PlanLimitPolicy!", "CLIP"))

    def _with(self, *new: Argument, without: str = "") -> "SeriesRequest[T_co]":
        *before, last = self.steps
        replaced = {without, *(argument.name for argument in new)}
        others = (argument for argument in last.arguments if argument.name not in replaced)
        return replace(self, steps=(*before, replace(last, arguments=(*others, *new))))


def _columns_of(answer: Any) -> dict[str, msgspec.structs.FieldInfo]:
    columns = next(info.type for info in msgspec.structs.fields(answer) if info.name == "columns")
    return {info.name: info for info in msgspec.structs.fields(columns)}


def check_request(value: object) -> None:
    """Raise `TypeError` for what is no request, such as a place in the graph of which no method was called."""
    if isinstance(value, Namespace):
        methods = [name for name in dir(value) if not name.startswith("_") and callable(getattr(value, name))]
        raise TypeError(f"{value} is no request yet: call one of its methods, {', '.join(methods)}")
    if not isinstance(value, Request):
        raise TypeError(f'a request is wanted, such as coin("BTC").market(), not {type(value).__name__}')


@dataclass(slots=True)
class Document:
    """A document for several requests, each under an alias, with its variables."""

    text: str
    variables: dict[str, Any]


def document(requests: Mapping[str, Request[Any]]) -> Document:
    """Return the document of these requests by alias."""
    variables = Variables()
    fields = [f"{alias}: {_field(request, variables)}" for alias, request in requests.items()]
    fragments = {
        f"fragment {request.selected}Fields on {request.selected} {SELECTIONS[request.selected]}"
        for request in requests.values()
        if not request.selection
    }
    if any(request.is_result for request in requests.values()):
        fragments.add(problem_fragment())
    text = "\n".join([f"query{variables.declared()} {{", *fields, "}", *sorted(fragments)])
    return Document(text, variables.values)


def problem_fragment() -> str:
    """Return the fragment `ProblemFields`."""
    kinds = " ".join(f"... on {kind} {SELECTIONS[kind]}" for kind in _PROBLEMS)
    return f"fragment ProblemFields on Problem {{ code message endpoint {kinds} }}"


def _field(request: Request[Any], variables: "Variables") -> str:
    fields = request.selection or f"...{request.selected}Fields"
    inner = f"{{ __typename {fields} ...ProblemFields }}" if request.is_result else f"{{ {fields} }}"
    for each in reversed(request.steps):
        arguments = ", ".join(f"{argument.name}: ${variables.add(argument)}" for argument in each.arguments)
        called = f"{each.field}({arguments})" if arguments else each.field
        inner = f"{called} {inner}" if each is request.steps[-1] else f"{called} {{ {inner} }}"
    return inner


class Variables:
    """The variables of a document with their types; arguments with one type and value share one."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._names: dict[tuple[str, str], str] = {}
        self.types: list[str] = []

    def add(self, argument: Argument) -> str:
        value = json_value(argument.value)
        key = (argument.type, repr(value))
        if key not in self._names:
            self._names[key] = name = f"v{len(self._names)}"
            self.types.append(f"${name}: {argument.type}")
            self.values[name] = value
        return self._names[key]

    def declared(self) -> str:
        return f"({', '.join(self.types)})" if self.types else ""


def json_value(value: object) -> object:
    """Return an argument as JSON has it. A time without a zone is UTC, as everywhere in the graph."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [json_value(each) for each in value]
    return value
