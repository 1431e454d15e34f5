"""What a browser may do with the pages, by their headers."""

import pytest

from tests.conftest import Graph, StartGraph

PAGE = {"accept": "text/html"}
POLICY = "content-security-policy"


def directives(policy: str) -> dict[str, str]:
    return dict(directive.strip().split(" ", 1) for directive in policy.split(";"))


@pytest.mark.parametrize("path", ["/", "/graphql", "/light"])
def test_a_page_of_the_explorer_loads_and_calls_its_own_server_alone(shared_graph: Graph, path: str) -> None:
    policy = directives(shared_graph.http.get(path, headers=PAGE).headers[POLICY])
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    for sources in policy.values():
        assert {*sources.split()} <= {"'none'", "'self'", "'unsafe-inline'", "data:", "blob:"}


def test_the_light_page_has_no_inline_styles(shared_graph: Graph) -> None:
    assert directives(shared_graph.http.get("/light").headers[POLICY])["style-src"] == "'self'"


def test_a_query_in_the_configuration_cannot_end_its_element(start_graph: StartGraph) -> None:
    page = start_graph().http.get("/", headers=PAGE).text
    config = page.split('id="explorer-config">')[1].split("</script>")[0]
    assert "<" not in config


@pytest.mark.parametrize("path", ["/", "/graphql", "/light", "/healthz", "/readyz", "/metrics", "/unknown"])
def test_no_page_can_be_framed_or_leaks_its_address(shared_graph: Graph, path: str) -> None:
    for _ in range(2):
        headers = shared_graph.http.get(path, headers=PAGE).headers
        assert headers.get_list("x-frame-options") == ["DENY"]
        assert headers.get_list("referrer-policy") == ["same-origin"]
        (policy,) = headers.get_list(POLICY)
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", ["/", "/healthz", "/unknown", "/graphql?query=%7B__typename%7D", "/graphql?query=%7B"])
def test_no_response_is_taken_for_another_type(shared_graph: Graph, path: str) -> None:
    for _ in range(2):
        headers = shared_graph.http.get(path).headers
        assert headers.get_list("x-content-type-options") == ["nosniff"]
