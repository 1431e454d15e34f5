"""The decoders that the schema states are those by which the graph reads each endpoint."""

from typing import Any

import pytest

from cg_client.call import Call
from cg_client.catalogue import CATALOGUE
from cg_client.client import Client
from schema.capabilities import upstream_fields
from served_schema.decoders import decoders
from tests.cases import CASES, SCHEMA
from tests.upstream import StubUpstream, ask

DECODERS = decoders(SCHEMA._schema)


def test_every_endpoint_of_the_catalogue_has_a_decoder() -> None:
    assert {endpoint.path for endpoint in DECODERS} == set(CATALOGUE)


def test_fields_that_show_the_same_answer_read_it_by_the_same_decoder() -> None:
    assert [endpoint.path for endpoint, result in DECODERS.items() if len(result) > 1] == []


def test_every_field_states_a_decoder_for_each_of_its_endpoints() -> None:
    kinds = SCHEMA._schema.type_map
    for name, endpoints in upstream_fields(SCHEMA._schema):
        kind, field = name.split(".")
        definition = kinds[kind].fields[field].extensions["strawberry-definition"]  # type: ignore[attr-defined]  # an object type
        assert definition.metadata["decoders"].keys() == set(endpoints), name


@pytest.mark.parametrize("path", sorted(CASES))
async def test_an_answer_is_read_by_the_declared_decoder(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Call] = []
    original = Client.get

    def spied(client: Client, call: Call, *arguments: Any, **options: Any) -> Any:
        calls.append(call)
        return original(client, call, *arguments, **options)

    monkeypatch.setattr(Client, "get", spied)
    await ask(CASES[path].text(), StubUpstream())
    of_path = [call for call in calls if call.endpoint.path == path]
    assert of_path
    assert all(call.decode in DECODERS[call.endpoint] for call in of_path)
