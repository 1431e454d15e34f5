"""Names in the store."""

from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from cg_client.secret import Secret
from shared.scope import Scope

KEY = Secret("a-coinglass-key-0123456789abcdef")
PARTS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4)


def test_replicas_with_one_key_and_one_base_url_share_a_scope() -> None:
    assert Scope.of(KEY, "https://h/") == Scope.of(Secret(KEY.reveal()), "https://h")


def test_another_key_or_another_base_url_is_another_scope() -> None:
    scopes = {Scope.of(key, url).tag for key in (KEY, Secret("another")) for url in ("https://a", "https://b")}
    assert len(scopes) == 4


def test_a_name_has_neither_key_nor_base_url() -> None:
    name = Scope.of(KEY, "https://secret-host.example").name("cache", "x")
    assert KEY.reveal() not in name
    assert "secret-host" not in name


@given(PARTS, PARTS)
def test_all_names_of_a_scope_are_in_one_slot_and_different_parts_have_different_names(
    first: list[str], second: list[str]
) -> None:
    scope = Scope.of(KEY, "https://h")
    assert key_slot(scope.name(*first).encode()) == key_slot(scope.tag.encode())
    assert (scope.name(*first) == scope.name(*second)) == (first == second)
