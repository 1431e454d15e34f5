"""The requester of a request: its caller, with the priority that its headers state."""

import pytest

from callers.caller import Caller
from cg_client.quota.requester import Priority, Requester
from server.http import Request

ADDRESS = "192.0.2.7"
SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b""}


def requester(address: str = ADDRESS, **headers: str) -> Requester:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request(SCOPE | {"headers": raw, "client": (address, 4711)}).requester


@pytest.mark.parametrize("client_id", ["dash-board_1", "a b", "192.0.2.1", ""])
def test_a_client_id_does_not_change_whose_turn_it_is(client_id: str) -> None:
    assert requester() == requester(x_client_id=client_id) == Requester(ADDRESS)


def test_an_identified_caller_is_the_requester() -> None:
    request = Request(SCOPE | {"headers": [], "client": (ADDRESS, 4711)})
    request.caller = Caller("dashboard")
    assert request.requester == Requester("dashboard", Priority.INTERACTIVE)


def test_all_addresses_of_an_ipv6_network_are_the_same_requester() -> None:
    assert requester("2001:db8::1") == requester("2001:db8::2:3:4:5") == Requester("2001:db8::/64")
    assert requester("2001:db8:0:1::1") != requester("2001:db8::1")


def test_all_callers_of_a_socket_without_addresses_are_one_client() -> None:
    assert Request(SCOPE | {"headers": [], "client": None}).requester == Requester("")


def test_the_header_requests_a_backfill() -> None:
    assert requester(x_priority="backfill") == Requester(ADDRESS, Priority.BACKFILL)


@pytest.mark.parametrize(
    "unusable", ["", "interactive", "refresh", "backfill, backfill", "2", "urgent", "BACKFILL", "BACKFILL!"]
)
def test_any_other_priority_is_ignored(unusable: str) -> None:
    assert requester(x_priority=unusable) == Requester(ADDRESS, Priority.INTERACTIVE)
