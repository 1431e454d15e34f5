"""Automatic persisted queries over HTTP, as Apollo's clients send them."""

import hashlib
import json
from typing import Any

import httpx

from tests.conftest import Graph

QUERY = "{ upstreamQuota { limit } }"
EXTENSIONS = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(QUERY.encode()).hexdigest()}}
ANSWER = {"data": {"upstreamQuota": {"limit": 1200}}}


def post(graph: Graph, **body: Any) -> httpx.Response:
    return graph.http.post("/graphql", json=body)


def get(graph: Graph, **parameters: str) -> httpx.Response:
    return graph.http.get("/graphql", params=parameters, headers={"accept": "application/json"})


def test_a_client_sends_the_text_once_and_then_the_hash(graph: Graph) -> None:
    refused = post(graph, extensions=EXTENSIONS)
    assert refused.status_code == 200
    assert refused.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert refused.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert post(graph, query=QUERY, extensions=EXTENSIONS).json() == ANSWER
    assert post(graph, extensions=EXTENSIONS).json() == ANSWER


def test_the_hash_works_by_get(graph: Graph) -> None:
    post(graph, query=QUERY, extensions=EXTENSIONS)
    answer = get(graph, extensions=json.dumps(EXTENSIONS))
    assert (answer.status_code, answer.json()) == (200, ANSWER)


def test_the_text_can_be_persisted_by_get(graph: Graph) -> None:
    get(graph, query=QUERY, extensions=json.dumps(EXTENSIONS))
    assert post(graph, extensions=EXTENSIONS).json() == ANSWER


def test_a_hash_of_another_text_is_refused(graph: Graph) -> None:
    answer = post(graph, query="{ upstreamQuota { used } }", extensions=EXTENSIONS).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert post(graph, extensions=EXTENSIONS).json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
