"""Forms of COINGLASS_SHARED_URL, and what is never shown of it."""

from pathlib import Path

import pytest

from server.settings import Settings, SettingsError
from shared.store.address import Address, HostPort, StoreKind, parse_address

PASSWORD = "pass/word@1:2"  # noqa: S105  # of no server
WRITTEN = "pass%2Fword%401%3A2"


@pytest.mark.parametrize("scheme", ["valkey", "redis", "valkeys", "rediss"])
def test_a_server_has_host_port_and_database(scheme: str) -> None:
    address = parse_address(f"{scheme}://store.example:7000/3")
    assert address == Address(
        StoreKind.SERVER, (HostPort("store.example", 7000),), database=3, tls=scheme in ("valkeys", "rediss")
    )


def test_the_default_port_is_that_of_the_server_or_of_the_sentinel() -> None:
    assert parse_address("valkey://h").endpoints == (HostPort("h", 6379),)
    assert parse_address("redis+sentinel://h/name").endpoints == (HostPort("h", 26379),)


def test_an_address_of_ipv6_is_in_brackets() -> None:
    assert parse_address("valkey://[::1]:7000").endpoints == (HostPort("::1", 7000),)
    assert str(parse_address("valkey://[::1]:7000")) == "server [::1]:7000"


def test_a_socket_of_this_machine_has_a_path() -> None:
    address = parse_address("valkey+unix:///run/valkey/valkey.sock")
    assert (address.kind, address.socket) == (StoreKind.SOCKET, Path("/run/valkey/valkey.sock"))


def test_sentinels_know_the_primary_by_its_name() -> None:
    address = parse_address("redis+sentinel://user:secret@a:1,b,[::1]:3/main/2")
    assert address.endpoints == (HostPort("a", 1), HostPort("b", 26379), HostPort("::1", 3))
    assert (address.primary, address.database) == ("main", 2)


def test_a_cluster_has_nodes_and_no_database() -> None:
    address = parse_address("rediss+cluster://a:1,b:2")
    assert (address.kind, address.tls) == (StoreKind.CLUSTER, True)
    assert address.endpoints == (HostPort("a", 1), HostPort("b", 2))


def test_the_authority_of_a_certificate_is_in_a_file() -> None:
    assert parse_address("rediss://h?ca_file=/etc/ca.pem").ca_file == Path("/etc/ca.pem")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:6379",
        "http://h",
        "valkey://",
        "valkey://h:0",
        "valkey://h:70000",
        "valkey://h:x",
        "valkey://h/x",
        "valkey://h/1/2",
        "valkey://a,b",
        "valkey://h#x",
        "valkey://h?ca_file=/x",
        "rediss://h?verify=none",
        "valkey://user@h",
        "valkey+unix://",
        "valkey+unix://h/x",
        "valkey+other://h",
        "redis+sentinel://h",
        "redis+cluster://h/1",
        "redis+cluster://a,,b",
        "valkey://[::1",
    ],
)
def test_what_is_no_address_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"\. It is an address such as valkey://"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"valkey://{WRITTEN}@h", "has a user without a password"),
        ("valkey://:a/b@h", "percent-encoded"),
        ("valkey://:a#b@h", "%23"),
        ("valkey://:a?b@h", "%3F"),
        ("valkey://h?db=1", "has an option other than"),
        ('"valkey://h"', "begins with"),
        ("http://h", "begins with"),
        ("valkey+tls://h", "begins with"),
        ("valkey://h?ca_file=/x", "is for valkeys://"),
        ("redis+sentinel://h", "lacks the name of the primary"),
        ("redis+cluster://h/1", "which a Cluster has not"),
        ("valkey://a,b", "has several hosts"),
        ("valkey://h/x", "has a number of a database"),
        ("valkey+unix://h/x", "three slashes"),
        ("valkey://h:x", "no valid port"),
    ],
)
def test_the_cause_comes_first_and_quotes_nothing(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="It is an address such as") as error:
        parse_address(text)
    cause = str(error.value).partition(". It is")[0]
    assert says in cause
    assert WRITTEN not in cause


def test_user_and_password_are_sent_as_they_are_meant_and_shown_nowhere() -> None:
    address = parse_address(f"valkey://the-user-of-ours:{WRITTEN}@h")
    assert address.password is not None
    assert address.password.reveal() == PASSWORD
    for text in (repr(address), str(address), f"{address}"):
        assert "pass" not in text.replace("password=", "")
        assert "the-user-of-ours" not in text


def test_the_log_shows_neither_user_nor_password() -> None:
    settings = Settings.from_env({"COINGLASS_SHARED_URL": f"valkey://the-user-of-ours:{WRITTEN}@h"})
    assert {secret.reveal() for secret in settings.secret_values()} >= {PASSWORD, WRITTEN, "the-user-of-ours"}
    assert PASSWORD not in repr(settings)


def test_a_short_user_name_is_a_word_of_other_texts() -> None:
    assert [secret.reveal() for secret in parse_address("valkey://default:pw@h").secrets()] == ["pw"]


def test_a_wrong_address_is_a_fault_of_its_variable_and_is_not_shown() -> None:
    with pytest.raises(SettingsError, match=r"^COINGLASS_SHARED_URL begins with valkey://.* It is an address") as error:
        Settings.from_env({"COINGLASS_SHARED_URL": f"mysql://user:{PASSWORD}@h"})
    assert PASSWORD not in str(error.value)


def test_the_address_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("valkey://user:secret@store.example\n")
    settings = Settings.from_env({"COINGLASS_SHARED_URL_FILE": str(tmp_path / "url")})
    assert settings.shared_url is not None
    assert settings.shared_url.endpoints == (HostPort("store.example", 6379),)


def test_a_file_of_authorities_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read its ca_file"):
        Settings.from_env({"COINGLASS_SHARED_URL": f"rediss://h?ca_file={tmp_path}/absent.pem"})


@pytest.mark.parametrize("name", ["a b", "x" * 65, "a\n"])
def test_a_replica_has_a_name_that_logs_and_metrics_can_show(name: str) -> None:
    with pytest.raises(SettingsError, match="COINGLASS_REPLICA is a name"):
        Settings.from_env({"COINGLASS_REPLICA": name})


def test_a_replica_keeps_its_name() -> None:
    assert Settings.from_env({"COINGLASS_REPLICA": "eu-west-1"}).replica == "eu-west-1"
