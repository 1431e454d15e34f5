"""The checks of graphql-cop, with what this server answers by default and if it is hardened, and why.

graphql-cop is not on PyPI (the package of that name is empty); its payloads are simple and are repeated here.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Graph, StartGraph

HARDENED = {"introspection": False, "sdl": False, "explorer": False, "suggestions": False, "max_aliases": 10}
TYPENAME = "query cop { __typename }"


@pytest.fixture(scope="module", params=["default", "hardened"])
def server(request: pytest.FixtureRequest, start_shared: StartGraph) -> Graph:
    return start_shared(**(HARDENED if request.param == "hardened" else {}))


@pytest.fixture(scope="module")
def default(start_shared: StartGraph) -> Graph:
    return start_shared()


@pytest.fixture(scope="module")
def hardened(start_shared: StartGraph) -> Graph:
    return start_shared(**HARDENED)


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer["errors"]}


def is_refused(response: httpx.Response) -> bool:
    """Whether nothing was executed."""
    return not response.json().get("data") and bool(response.json()["errors"])


# Denial of service


def test_101_aliases_are_refused(server: Graph) -> None:
    """A dashboard needs up to 100 by default; a hardened server allows what its own front end needs."""
    answer = server.ask(f"query cop {{ {' '.join(f'alias{number}: __typename' for number in range(101))} }}")
    assert codes(answer) == {"QUERY_TOO_COMPLEX"}


def test_a_batch_is_refused(server: Graph) -> None:
    """A batch multiplies the limits of one operation, so there is none unless the operator allows some."""
    response = server.http.post("/graphql", json=[{"query": TYPENAME}] * 10)
    assert (response.status_code, codes(response.json())) == (400, {"BAD_USER_INPUT"})


@pytest.mark.parametrize("count", [500, 5000])
def test_repeated_fields_are_refused(server: Graph, count: int) -> None:
    """They are executed once, but comparing each pair of them takes quadratic time."""
    assert codes(server.ask(f"query cop {{ {'__typename ' * count} }}")) == {"QUERY_TOO_COMPLEX"}


def test_the_errors_of_unknown_directives_are_bounded(server: Graph) -> None:
    """graphql-cop reports one error for each of ten directives. They help whoever mistypes one, and 51 are refused."""
    ten, more = (server.ask(f"query cop {{ __typename {'@aa' * count} }}") for count in (10, 51))
    assert (len(ten["errors"]), codes(ten)) == (10, {"GRAPHQL_VALIDATION_FAILED"})
    assert (len(more["errors"]), codes(more)) == (1, {"QUERY_TOO_COMPLEX"})


def test_circular_introspection_is_refused(server: Graph) -> None:
    """Each level multiplies the answer by the number of fields of a type."""
    query = "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }"
    assert codes(server.ask(query)) <= {"QUERY_TOO_COMPLEX", "INTROSPECTION_DISABLED"}


def test_circular_fragments_are_refused(server: Graph) -> None:
    query = '{ coin(symbol: "BTC") { ...A } } fragment A on Coin { symbol ...B } fragment B on Coin { ...A }'
    answer = server.ask(query)
    assert codes(answer) == {"GRAPHQL_VALIDATION_FAILED"}
    assert "within itself" in answer["errors"][0]["message"]


# What a foreign page can send


def test_a_mutation_by_get_is_refused(server: Graph) -> None:
    """There are no mutations, by GET or otherwise."""
    by_get = server.http.get("/graphql", params={"query": "mutation cop { __typename }"})
    assert (by_get.status_code, is_refused(by_get)) == (405, True)
    assert "By GET only queries are executed, and this is a mutation." in by_get.text
    assert is_refused(server.http.post("/graphql", json={"query": "mutation cop { __typename }"}))


def test_a_query_by_get_is_answered_but_not_for_a_foreign_page(server: Graph) -> None:
    """Queries by GET can be cached on their way. No operation changes anything; foreign pages would spend quota."""
    assert server.http.get("/graphql", params={"query": TYPENAME}).json() == {"data": {"__typename": "Query"}}
    foreign = server.http.get("/graphql", params={"query": TYPENAME}, headers={"origin": "https://example.com"})
    assert (foreign.status_code, codes(foreign.json())) == (403, {"CROSS_SITE_REQUEST"})


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
@pytest.mark.parametrize("origin", [{}, {"origin": "https://example.com"}])
def test_a_form_is_refused(server: Graph, content_type: str, origin: dict[str, str]) -> None:
    """A browser sends forms to any site without a preflight."""
    headers = {"content-type": content_type, **origin}
    response = server.http.post("/graphql", content=b"query=query%20cop%20%7B__typename%7D", headers=headers)
    assert response.status_code >= 400
    assert is_refused(response)


# What an answer reveals


@pytest.mark.parametrize(
    "query", [TYPENAME, "qwerty cop { abc }", "query cop { abc }", '{ coin(symbol: "") { symbol } }']
)
def test_neither_traces_nor_exceptions_are_in_an_answer(server: Graph, query: str) -> None:
    answer = server.ask(query)
    text = str(answer).lower()
    assert "extensions" not in answer
    assert not [word for word in ("tracing", "exception", "stacktrace", "traceback", ".py") if word in text]
    assert "INTERNAL_SERVER_ERROR" not in {error["extensions"]["code"] for error in answer.get("errors", ())}


def has_explorer(graph: Graph) -> bool:
    paths = ("/", "/graphql", "/graphiql", "/playground", "/console")
    pages = [graph.http.get(path, headers={"accept": "text/html"}).text.lower() for path in paths]
    return any("graphiql" in page or "playground" in page or "explorer-config" in page for page in pages)


PROBES: list[Callable[[Graph], bool]] = [
    lambda graph: "Did you mean" in str(graph.ask("query cop { coinz { symbol } }")["errors"]),
    lambda graph: bool(graph.ask("query cop { __schema { types { name } } }").get("data")),
    lambda graph: bool(graph.ask("query cop { _service { sdl } }").get("data")),
    lambda graph: graph.http.get("/schema.graphql").is_success,
    has_explorer,
]


@pytest.mark.parametrize("reveals", PROBES, ids=["suggestions", "introspection", "_service", "SDL", "explorer"])
def test_the_schema_is_public_unless_the_server_is_hardened(
    default: Graph, hardened: Graph, reveals: Callable[[Graph], bool]
) -> None:
    """The schema is public: a client that cannot read it cannot use the graph. The settings are for other operators."""
    assert reveals(default)
    assert not reveals(hardened)
