"""Settings from the environment: secrets in files, all faults together, and variables that are no settings."""

import os
import sys
from pathlib import Path

import pytest

from server.environment import unknown_variables
from server.settings import VARIABLES, Settings, SettingsError
from tests.test_cli import run

SECRETS = [setting.metadata["variable"] for setting in VARIABLES if setting.metadata["has_secret"]]
KEY = "a-key-that-nobody-may-see"
VALUES = {"COINGLASS_API_KEY": KEY, "COINGLASS_JWT_JWKS_URL": "https://login.example.com/jwks.json"} | {
    "COINGLASS_WEBSOCKET_URL": "wss://user:password@127.0.0.1:9/ws-api",
    "COINGLASS_SHARED_URL": "valkey://user:password@127.0.0.1:9",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secret"


def fault(env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    return str(refused.value)


def tokens(variable: str) -> dict[str, str]:
    """Return what the variable needs beside it."""
    if not variable.startswith("COINGLASS_JWT"):
        return {}
    return {"COINGLASS_CALLERS": "jwt", "COINGLASS_JWT_ISSUER": "issuer", "COINGLASS_JWT_AUDIENCE": "audience"}


@pytest.mark.parametrize("line_break", ["", "\n", "\r\n"])
@pytest.mark.parametrize("variable", SECRETS)
def test_every_secret_can_be_in_a_file(variable: str, line_break: str, file: Path) -> None:
    value = VALUES.get(variable, "http://user:password@127.0.0.1:9")
    file.write_bytes(value.encode() + line_break.encode())
    direct = Settings.from_env({variable: value} | tokens(variable))
    assert Settings.from_env({f"{variable}_FILE": str(file)} | tokens(variable)) == direct


def test_a_setting_that_is_no_secret_is_in_no_file(file: Path) -> None:
    (warning,) = unknown_variables(VARIABLES, {"COINGLASS_PORT_FILE": str(file)})
    assert warning == "COINGLASS_PORT_FILE has no effect: COINGLASS_PORT is not a secret, which could be in a file"


def test_a_secret_that_is_set_twice_is_refused(file: Path) -> None:
    text = fault({"COINGLASS_API_KEY": KEY, "COINGLASS_API_KEY_FILE": str(file)})
    assert text == "COINGLASS_API_KEY and COINGLASS_API_KEY_FILE are both set: unset one of them"


def test_an_unreadable_file_of_a_secret_is_named(file: Path) -> None:
    env = {"COINGLASS_API_KEY_FILE": str(file)}
    assert fault(env) == f"COINGLASS_API_KEY_FILE: cannot read {file} (No such file or directory)"
    file.write_bytes(b"\n")
    assert fault(env) == f"COINGLASS_API_KEY_FILE: {file} has not one line of at most 4095 characters"
    file.write_bytes(b"\xff" + KEY.encode())
    assert fault(env) == f"COINGLASS_API_KEY_FILE: {file} is not a text in UTF-8"


def test_no_fault_has_the_content_of_a_file(file: Path) -> None:
    file.write_text(f"{KEY} {KEY}")
    text = fault({"COINGLASS_API_KEY_FILE": str(file)})
    assert text == "COINGLASS_API_KEY_FILE contains characters that no key has; is it cut or quoted?"


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    done = run(
        "serve",
        COINGLASS_PORT="x",
        COINGLASS_PLAN="gold",
        COINGLASS_TRUSTED_ONLY="on",
        COINGLASS_CALLERS="keys",
        COINGLASS_KEY_FILE=str(tmp_path / "missing"),
    )
    faults = done.stderr.removeprefix("coinglass-graphql: ").split("; ")
    assert done.returncode == 2
    starts = "PLAN is one of", "PORT is a whole", "TRUSTED_ONLY needs", "API_KEY is not set", "KEY_FILE: cannot read"
    assert [name for name in starts if not any(fault.startswith(f"COINGLASS_{name}") for fault in faults)] == []


def test_a_fault_that_follows_from_another_is_left_out(file: Path) -> None:
    done = run("serve", COINGLASS_API_KEY_FILE=str(file), COINGLASS_CALLERS="key", COINGLASS_KEY_FILE=str(file))
    lines = done.stderr.splitlines()[-1]
    assert "COINGLASS_API_KEY is not set" not in lines
    assert "COINGLASS_CALLERS is open" not in lines
    assert "COINGLASS_CALLERS is one of" in lines


def test_an_unknown_variable_is_warned_about_with_the_nearest_name_and_without_its_value() -> None:
    done = run("serve", COINGLASS_API_KY=KEY, COINGLASS_ZZZZZZ="1")
    assert "COINGLASS_API_KY is not a setting and has no effect: did you mean COINGLASS_API_KEY?\n" in done.stderr
    assert "COINGLASS_ZZZZZZ is not a setting and has no effect: docs/settings.md lists the settings\n" in done.stderr
    assert KEY not in done.stderr


@pytest.mark.parametrize("content", ["a\nb\n", "a\n\n", "x" * 5000])
def test_the_file_of_a_secret_has_one_line(file: Path, content: str) -> None:
    file.write_text(content)
    assert "has not one line" in fault({"COINGLASS_API_KEY_FILE": str(file)})


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices")
def test_a_device_or_pipe_as_the_file_of_a_secret_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", str(tmp_path / "pipe")):
        assert "has not one line" in fault({"COINGLASS_API_KEY_FILE": path})
