"""Whose turn at the quota a request takes: what its headers say plainly, else its address."""

import pytest

from cg_client.requester import Priority, Requester
from server.asker import asker
from server.headers import by_name

ADDRESS = "192.0.2.7"


def asked(**headers: str) -> Requester:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "headers": raw, "client": (ADDRESS, 4711)}
    return asker(scope, by_name(scope))


def test_the_client_is_the_one_that_is_named() -> None:
    assert asked(x_client_id="dash-board_1") == Requester("dash-board_1", Priority.INTERACTIVE)


@pytest.mark.parametrize("unusable", ["", "a b", "a\n", "x" * 65, "\u00fc", "192.0.2.1", "a,b"])
def test_else_or_where_the_name_is_not_short_and_plain_it_is_the_address(unusable: str) -> None:
    assert asked() == asked(x_client_id=unusable) == Requester(ADDRESS)


def test_a_socket_without_addresses_has_one_client() -> None:
    assert asker({"type": "http", "headers": [], "client": None}, {}) == Requester("")


def test_a_backfill_says_so() -> None:
    assert asked(x_priority="backfill") == Requester(ADDRESS, Priority.BACKFILL)


@pytest.mark.parametrize(
    "unusable", ["", "interactive", "refresh", "backfill, backfill", "2", "urgent", "BACKFILL", "BACKFILL!"]
)
def test_any_other_priority_counts_as_not_said(unusable: str) -> None:
    assert asked(x_priority=unusable) == Requester(ADDRESS, Priority.INTERACTIVE)
