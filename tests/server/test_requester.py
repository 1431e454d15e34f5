"""The requester of a request: the client that its headers name, else its address."""

import pytest

from cg_client.quota.requester import Priority, Requester
from server.http import Request

ADDRESS = "192.0.2.7"
SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b""}


def requester(**headers: str) -> Requester:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request(SCOPE | {"headers": raw, "client": (ADDRESS, 4711)}).requester


def test_the_client_header_names_the_client() -> None:
    assert requester(x_client_id="dash-board_1") == Requester("dash-board_1", Priority.INTERACTIVE)


@pytest.mark.parametrize("unusable", ["", "a b", "a\n", "x" * 65, "\u00fc", "192.0.2.1", "a,b"])
def test_without_a_valid_name_the_client_is_the_address(unusable: str) -> None:
    assert requester() == requester(x_client_id=unusable) == Requester(ADDRESS)


def test_all_callers_of_a_socket_without_addresses_are_one_client() -> None:
    assert Request(SCOPE | {"headers": [], "client": None}).requester == Requester("")


def test_the_header_requests_a_backfill() -> None:
    assert requester(x_priority="backfill") == Requester(ADDRESS, Priority.BACKFILL)


@pytest.mark.parametrize(
    "unusable", ["", "interactive", "refresh", "backfill, backfill", "2", "urgent", "BACKFILL", "BACKFILL!"]
)
def test_any_other_priority_is_ignored(unusable: str) -> None:
    assert requester(x_priority=unusable) == Requester(ADDRESS, Priority.INTERACTIVE)
