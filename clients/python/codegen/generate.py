"""Writes the enums, types and fields of the client from the SDL: `python -m codegen.generate SDL FOLDER`."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from graphql import GraphQLField, GraphQLNonNull, get_named_type

from codegen.graph import Graph
from codegen.names import annotation, docstring, is_required, snake_case

_WINDOW = ("interval", "last", "from", "to")


def generate(sdl: str, folder: Path) -> None:
    """Write the generated modules into the folder."""
    graph = Graph(sdl)
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {
        "__init__": ['"""Generated from the SDL by codegen/generate.py."""\n'],
        "enums": _enums(graph),
        "inputs": _inputs(graph),
        "types": _types(graph),
        "selections": _selections(graph),
        "queries": _queries(graph),
        "live": _live(graph),
    }.items():
        (folder / f"{name}.py").write_text("".join(lines), encoding="utf-8")


def _enums(graph: Graph) -> Iterator[str]:
    yield '"""The enums of the graph. Generated from the SDL."""\n\n'
    yield "from enum import StrEnum\n\nfrom coinglass_graphql_client._open_enum import OpenEnum\n"
    for of, is_input in graph.enums():
        yield f"\n\nclass {of.name}({'StrEnum' if is_input else 'OpenEnum'}):\n"
        yield docstring(of.description, "    ") + "\n"
        for name, value in of.values.items():
            yield f'    {name} = "{name}"\n' + docstring(value.description, "    ")
    yield "\n\n" + _exported(of.name for of, _ in graph.enums())


def _inputs(graph: Graph) -> Iterator[str]:
    yield '"""The inputs of the graph. Generated from the SDL."""\n\nfrom __future__ import annotations\n\n'
    yield "from datetime import date, datetime\n\nimport msgspec\n\n"
    inputs = graph.inputs()
    fields = [field for of in inputs for field in of.fields.values()]
    yield _import("enums", {get_named_type(field.type).name for field in fields} & {of.name for of, _ in graph.enums()})
    for of in inputs:
        yield f"\n\nclass {of.name}(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):\n"
        yield docstring(of.description, "    ")
        for name, field in of.fields.items():
            has_default = field.ast_node is not None and field.ast_node.default_value is not None
            is_optional = not is_required(field.type, has_default=has_default)
            nullable = field.type.of_type if isinstance(field.type, GraphQLNonNull) and is_optional else field.type
            yield "\n" + _input(name, annotation(nullable), is_optional=is_optional)
            yield docstring(field.description, "    ")
    yield "\n\n" + _exported(of.name for of in inputs)


def _input(name: str, of: str, *, is_optional: bool) -> str:
    python = snake_case(name)
    if python == name:
        return f"    {name}: {of}{' = None' if is_optional else ''}\n"
    default = "default=None, " if is_optional else ""
    return f'    {python}: {of} = msgspec.field({default}name="{name}")\n'


def _import(module: str, names: set[str]) -> str:
    if not names:
        return ""
    lines = "".join(f"    {name},\n" for name in sorted(names))
    return f"from coinglass_graphql_client.generated.{module} import (\n{lines})\n"


def _types(graph: Graph) -> Iterator[str]:
    yield '"""The answers of the graph. Generated from the SDL."""\n\n'
    yield "from datetime import date, datetime\nfrom typing import TypeAlias\n\nimport msgspec\n\n"
    yield "from coinglass_graphql_client._tables import Tabular, Timestamp\n"
    yield "from coinglass_graphql_client.generated.enums import (\n"
    yield "".join(f"    {of.name},\n" for of, _ in graph.enums()) + ")\n"
    problems = {of.name for of in graph.problems}
    payloads = _payloads(graph)
    for name, of in graph.reachable().items():
        base = "Tabular" if name in payloads else "msgspec.Struct"
        tag = f', tag_field="__typename", tag="{name}"' if name in problems or name in payloads else ""
        yield f"\n\nclass {name}({base}, frozen=True, kw_only=True{tag}):\n"
        yield docstring(of.description, "    ")
        for field_name, field in graph.selected(of).items():
            yield "\n" + _attribute(field_name, annotation(field.type)) + docstring(field.description, "    ")
    yield "\n\nProblem: TypeAlias = " + " | ".join(of.name for of in graph.problems) + "\n"
    yield '"""Why a field has no payload."""\n'


def _payloads(graph: Graph) -> set[str]:
    owners = (graph.query.name, *graph.namespaces)
    fields = (field for owner in owners for _, field in graph.requests(owner))
    payloads = {payload.name for field in fields if (payload := graph.payload(get_named_type(field.type)))}
    return payloads | {figures.name for _, _, figures in graph.subscriptions()}


def _attribute(name: str, of: str) -> str:
    python = snake_case(name)
    default = "" if python == name else f' = msgspec.field(name="{name}")'
    return f"    {python}: {of}{default}\n"


def _selections(graph: Graph) -> Iterator[str]:
    yield '"""What is selected of each type. Generated from the SDL."""\n\nSELECTIONS = {\n'
    for name, of in graph.reachable().items():
        yield f'    "{name}": "{graph.selection(of).strip()}",\n'
    yield "}\n"


def _queries(graph: Graph) -> Iterator[str]:
    yield '"""The fields of the graph, as functions and methods that return requests. Generated from the SDL."""\n\n'
    yield "from __future__ import annotations\n\nfrom datetime import datetime\n\n"
    yield "from coinglass_graphql_client._requests import Argument, Namespace, Request, SeriesRequest, step\n"
    yield "from coinglass_graphql_client.generated import types\n"
    used = set(_argument_types(graph))
    yield _import("enums", used & {of.name for of, _ in graph.enums()})
    yield _import("inputs", used & {of.name for of in graph.inputs()})
    for name in sorted(graph.namespaces):
        of = graph.schema.type_map[name]
        yield f"\n\nclass {name}Query(Namespace):\n" + docstring(of.description, "    ")
        yield from _methods(graph, name, "    ", "self, ", "*self.steps, ")
    yield from _methods(graph, graph.query.name, "", "", "")
    root = (*graph.steps(graph.query.name), *graph.requests(graph.query.name))
    yield "\n\n" + _exported(snake_case(name) for name, _ in root)


def _live(graph: Graph) -> Iterator[str]:
    yield '"""The subscriptions of the graph, as functions. Generated from the SDL."""\n\n'
    yield "from __future__ import annotations\n\nfrom datetime import datetime\n\n"
    yield "from coinglass_graphql_client._requests import Argument, step\n"
    yield "from coinglass_graphql_client._subscriptions import Subscription\n"
    yield "from coinglass_graphql_client.generated import types\n"
    subscriptions = list(graph.subscriptions())
    used = {get_named_type(argument.type).name for _, field, _ in subscriptions for argument in field.args.values()}
    yield _import("enums", used & {of.name for of, _ in graph.enums()})
    for name, field, figures in subscriptions:
        answer = f"types.{figures.name}"
        body = f'return Subscription({_step(name, field)}, {answer}, "{figures.name}")'
        yield _function(name, field, "", "", f"Subscription[{answer}]", body)
    yield "\n\n" + _exported(snake_case(name) for name, _, _ in subscriptions)


def _exported(names: Iterable[str]) -> str:
    return "__all__: list[str] = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


def _argument_types(graph: Graph) -> Iterator[str]:
    for owner in (graph.query.name, *graph.namespaces):
        for _, field in (*graph.requests(owner), *graph.steps(owner)):
            yield from (get_named_type(argument.type).name for argument in field.args.values())


def _methods(graph: Graph, owner: str, indent: str, self_: str, before: str) -> Iterator[str]:
    for name, field in graph.steps(owner):
        returned = f"{get_named_type(field.type).name}Query"
        body = f"return {returned}(({before}{_step(name, field)},))"
        yield _function(name, field, indent, self_, returned, body)
    for name, field in graph.requests(owner):
        of = get_named_type(field.type)
        payload = graph.payload(of)
        if payload is None:
            answer = annotation(
                GraphQLNonNull(field.type) if not isinstance(field.type, GraphQLNonNull) else field.type, "types."
            )
            kind, more = "Request", f', "{of.name}", is_result=False'
        else:
            answer = f"types.{payload.name}"
            kind, more = "SeriesRequest" if graph.is_series(payload, field) else "Request", f', "{payload.name}"'
        body = f"return {kind}(({before}{_step(name, field)},), {answer}{more})"
        yield _function(name, field, indent, self_, f"{kind}[{answer}]", body)


def _step(name: str, field: GraphQLField) -> str:
    parts = [f'"{name}"']
    parts += (f'Argument("{argument}", "{of.type}", {snake_case(argument)})' for argument, of in field.args.items())
    return f"step({', '.join(parts)})"


def _function(name: str, field: GraphQLField, indent: str, self_: str, returned: str, body: str) -> str:
    head = f"{indent}def {snake_case(name)}({self_}{_parameters(field)}".rstrip(", ")
    space = "\n" if indent else "\n\n"
    text = " ".join((field.description or "", *_argument_docs(field)))
    return f"{space}{head}) -> {returned}:\n{docstring(text, indent + '    ')}{indent}    {body}\n"


def _parameters(field: GraphQLField) -> str:
    required, optional = [], []
    for name, argument in field.args.items():
        has_default = argument.ast_node is not None and argument.ast_node.default_value is not None
        of = argument.type
        if is_required(of, has_default=has_default):
            required.append(f"{snake_case(name)}: {annotation(of)}")
        else:
            nullable = of.of_type if isinstance(of, GraphQLNonNull) else of
            optional.append(f"{snake_case(name)}: {annotation(nullable)} = None")
    return ", ".join([*required, *(["*", *optional] if optional else [])])


def _argument_docs(field: GraphQLField) -> Iterable[str]:
    for name, argument in field.args.items():
        if argument.description and name not in _WINDOW:
            yield f"`{snake_case(name)}`: {argument.description}"


def main() -> None:
    sdl, folder = map(Path, sys.argv[1:])
    generate(sdl.read_text(encoding="utf-8"), folder)


if __name__ == "__main__":
    main()
