"""The example documents, run by a Python client against the real server."""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from gql import Client, gql
from gql.transport.httpx import HTTPXTransport
from graphql import FieldNode, OperationType, TypeInfo, TypeInfoVisitor, Visitor, get_operation_ast, parse, visit

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox
from sandbox.figures import MARKET
from tests.cases import SCHEMA
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT
from tests.test_imports import ROOT


def _is_subscription(document: Path) -> bool:
    operation = get_operation_ast(parse(document.read_text()))
    assert operation is not None
    return operation.operation is OperationType.SUBSCRIPTION


_DOCUMENTS = sorted((ROOT / "examples").glob("*.graphql"))
SUBSCRIPTIONS = [path for path in _DOCUMENTS if _is_subscription(path)]
EXAMPLES = [path for path in _DOCUMENTS if path not in SUBSCRIPTIONS]


@pytest.fixture(scope="module")
def graphs(start_shared: StartGraph) -> dict[Plan, Graph]:
    """Return a server for each of two plans, with room for all examples within a minute."""
    return {plan: start_shared(plan, quota=10_000) for plan in (Plan.HOBBYIST, Plan.PROFESSIONAL)}


def run(graph: Graph, document: Path) -> Mapping[str, Any]:
    transport = HTTPXTransport(url=f"{graph.http.base_url}/graphql")
    with Client(transport=transport, schema=SCHEMA._schema, parse_results=False) as session:
        answer: Mapping[str, Any] = session.execute(gql(document.read_text()))
        return answer


class Endpoints(Visitor):
    """Which plan each upstream-backed field of a document needs, by the names that lead to it."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self._path: list[str] = []
        self.plans: dict[tuple[str, ...], Plan] = {}

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self._path.append(node.alias.value if node.alias else node.name.value)
        field = self._types.get_field_def()
        metadata = getattr((field.extensions if field else {}).get("strawberry-definition"), "metadata", {})
        if metadata.get("endpoints"):
            self.plans[tuple(self._path)] = max(endpoint.plan for endpoint in metadata["endpoints"])

    def leave_field(self, *_: object) -> None:
        self._path.pop()


def plans_of(document: Path) -> dict[tuple[str, ...], Plan]:
    types = TypeInfo(SCHEMA._schema)
    result = Endpoints(types)
    visit(parse(document.read_text()), TypeInfoVisitor(types, result))
    return result.plans


def kinds(data: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the type names at the path, in every item of the lists along it."""
    if isinstance(data, list):
        for item in data:
            yield from kinds(item, path)
    elif path:
        yield from kinds(data[path[0]], path[1:])
    else:
        yield data["__typename"]


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_no_problem_with_the_professional_plan(graphs: dict[Plan, Graph], document: Path) -> None:
    answer = run(graphs[Plan.PROFESSIONAL], document)
    result = {kind for path in plans_of(document) for kind in kinds(answer, path)}
    assert not result & {"PlanGated", "Unavailable", "InvalidInput"}
    assert result


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_gated_with_the_hobbyist_plan_just_where_the_catalogue_says(
    graphs: dict[Plan, Graph], document: Path
) -> None:
    answer = run(graphs[Plan.HOBBYIST], document)
    for path, plan in plans_of(document).items():
        result = set(kinds(answer, path))
        assert not result & {"Unavailable", "InvalidInput"}, path
        assert (result == {"PlanGated"}) == (plan > Plan.HOBBYIST), path


def events(graph: Graph, document: Path) -> Generator[Mapping[str, Any], None, None]:
    """Yield the events of a subscription of one field until the server ends it."""
    body, headers = {"query": document.read_text()}, {"accept": "text/event-stream"}
    with graph.http.stream("POST", "/graphql", json=body, headers=headers, timeout=LIMIT) as response:
        for line in response.iter_lines():
            if line.startswith("data: {"):
                answer = orjson.loads(line.removeprefix("data: "))
                assert "errors" not in answer
                yield from answer["data"].values()


@pytest.mark.parametrize("document", SUBSCRIPTIONS, ids=lambda path: path.stem)
def test_a_subscription_brings_figures_and_the_place_to_go_on_from(start_graph: StartGraph, document: Path) -> None:
    graph = start_graph(sandbox=Sandbox(figures=MARKET))
    kinds = []
    with contextlib.closing(events(graph, document)) as stream:
        for event in stream:
            kinds.append(event["__typename"])
            if "data" in event:
                assert event["cursor"]
                assert any(event["data"].values())
                break
    assert kinds[0] == "StreamStatus"
    assert kinds[-1].endswith("Update")


def test_the_subscription_to_a_channel_is_gated_with_the_hobbyist_plan(start_graph: StartGraph) -> None:
    (document,) = (path for path in SUBSCRIPTIONS if path.stem == "live-liquidations")
    with contextlib.closing(events(start_graph(Plan.HOBBYIST), document)) as stream:
        event = next(stream)
    assert (event["__typename"], event["code"]) == ("PlanGated", "PLAN_REQUIRED")
