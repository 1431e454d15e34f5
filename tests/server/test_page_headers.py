"""What a browser may do with the pages, by their headers."""

import re

import pytest

from server.page_headers import explorer_headers
from tests.conftest import Graph

PAGE = """<html><head><link rel="stylesheet" href="https://cdn.example/style.css"><link rel="icon" href="/icon">
<script src="https://cdn.example/a.js"></script><style>p {}</style><script>alert(1 < 2 && "</p>")</script></head>"""


def test_the_policy_of_the_explorer_allows_what_its_page_contains() -> None:
    policy = explorer_headers(PAGE)["content-security-policy"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'sha256-djCWYZNhFCyaezHJWCg2Lk8P94TvhL7w6UIq0SxUS2k=' https://cdn.example/a.js"
    assert directives["style-src"] == "'unsafe-inline' https://cdn.example/style.css"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


def test_the_policy_names_every_address_that_the_served_explorer_loads(shared_graph: Graph) -> None:
    page = shared_graph.http.get("/graphql", headers={"accept": "text/html"})
    addresses = re.findall(r'(?:src|href)="(https://[^"]+)"', page.text)
    assert addresses
    assert [address for address in addresses if address not in page.headers["content-security-policy"]] == []
    assert "'unsafe-eval'" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/graphql", "/healthz", "/readyz", "/metrics", "/schema.graphql", "/unknown"])
def test_no_page_can_be_framed_or_leaks_its_address(shared_graph: Graph, path: str) -> None:
    for _ in range(2):
        headers = shared_graph.http.get(path, headers={"accept": "text/html"}).headers
        assert headers.get_list("x-frame-options") == ["DENY"]
        assert headers.get_list("referrer-policy") == ["same-origin"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/unknown", "/graphql?query=%7B__typename%7D", "/graphql?query=%7B"])
def test_no_response_is_taken_for_another_type(shared_graph: Graph, path: str) -> None:
    for _ in range(2):
        headers = shared_graph.http.get(path).headers
        assert headers.get_list("x-content-type-options") == ["nosniff"]
