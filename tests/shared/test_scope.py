"""Names in the store."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from cg_client.secret import Secret
from shared.store.scope import Scope

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


def test_replicas_with_one_key_know_a_client_by_one_digest_which_nobody_without_the_key_can_compute() -> None:
    scope, same = Scope.of(KEY, "https://h/"), Scope.of(Secret(KEY.reveal()), "https://h")
    other = Scope.of(Secret("another"), "https://h")
    assert scope.client("203.0.113.7") == same.client("203.0.113.7") != scope.client("203.0.113.8")
    assert other.client("203.0.113.7") != scope.client("203.0.113.7")
    assert scope.client("203.0.113.7") != blake2b(b"203.0.113.7", digest_size=8).hexdigest()


def test_the_server_itself_has_no_name() -> None:
    assert Scope.of(KEY, "https://h").client("") == ""


def test_a_scope_shows_no_secret() -> None:
    scope = Scope.of(KEY, "https://h")
    assert KEY.reveal().encode() not in scope.secret
    assert repr(scope) == f"Scope(tag='{scope.tag}')"


@given(PARTS, PARTS)
def test_all_names_of_a_scope_are_in_one_slot_and_different_parts_have_different_names(
    first: list[str], second: list[str]
) -> None:
    scope = Scope.of(KEY, "https://h")
    assert key_slot(scope.name(*first).encode()) == key_slot(scope.tag.encode())
    assert (scope.name(*first) == scope.name(*second)) == (first == second)
