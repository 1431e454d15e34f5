"""The commands `keys create`, `keys list` and `keys revoke`, and the server that they open."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from callers.caller import Budget
from callers.key_file import read_keys
from tests.test_cli import run, serving
from tests.test_imports import ROOT

DOCUMENT = (ROOT / "docs" / "callers.md").read_text()
SHOWN = re.findall(r"^\.venv/bin/coinglass-graphql (keys .*)$", DOCUMENT, re.MULTILINE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def keys(path: Path, command: str) -> str:
    done = run(*shlex.split(command), COINGLASS_KEY_FILE=str(path))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_commands_of_the_readme_create_list_and_revoke(path: Path) -> None:
    create, create_another, show, revoke = (command.replace("keys.json", str(path)) for command in SHOWN)
    key = keys(path, create).strip()
    keys(path, create_another)
    assert keys(path, revoke) == f"revoked {key[:10]}… of dashboard\n1 key revoked\n"
    table = [line.split() for line in keys(path, show).splitlines()]
    assert [row[1:3] for row in table] == [["NAME", "STATE"], ["dashboard", "revoked"], ["prometheus", "valid"]]
    assert key not in keys(path, show)


def test_a_key_has_what_the_options_state(path: Path) -> None:
    keys(path, "keys create ann --scope metrics --calls-per-day 7 --values-per-minute 1 --expires 2w")
    (stored,) = read_keys(path).keys
    assert (stored.scopes, stored.budget) == (("metrics",), Budget(calls_per_day=7, values_per_minute=1))
    assert stored.expires is not None
    assert (stored.expires - stored.created).days == 14


def test_a_key_can_be_valid_for_minutes(path: Path) -> None:
    keys(path, "keys create ann --expires 30m")
    (stored,) = read_keys(path).keys
    assert stored.expires is not None
    assert (stored.expires - stored.created).seconds == 30 * 60
    assert f"{stored.expires:%H:%M}Z" in keys(path, "keys list")


@pytest.mark.parametrize("ellipsis", ["", "…"])
def test_a_key_is_revoked_by_its_prefix_as_the_list_prints_it(path: Path, ellipsis: str) -> None:
    first, second = (keys(path, "keys create ann").strip() for _ in range(2))
    assert keys(path, f"keys revoke {first[:10]}{ellipsis}") == f"revoked {first[:10]}… of ann\n1 key revoked\n"
    assert f"{second[:10]}…  ann   valid" in keys(path, "keys list")


def test_revoking_a_name_revokes_all_its_keys_and_counts_them(path: Path) -> None:
    for _ in range(2):
        keys(path, "keys create ann")
    assert keys(path, "keys revoke ann").splitlines()[-1] == "2 keys revoked"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (
            "keys create ann --expires soon",
            "must be minutes, hours, days or weeks such as 30m, 12h or 90d, not 'soon'",
        ),
        ("keys create ann --expires 0d", "must be minutes, hours, days or weeks"),
        ("keys create ann --calls-per-day -1", "must be a whole number from 1, not '-1'"),
        ("keys create ann --calls-per-minute 0", "must be a whole number from 1, not '0'"),
        ("keys create ann --scope nonsense", "argument --scope: invalid choice: 'nonsense' (choose from"),
        ("keys create ann --calls-per-day x", "must be a whole number from 1, not 'x'"),
        ("keys create 'a b'", "a name has 1 to 128 letters"),
        ("keys list", "cannot read"),
        ("keys revoke ann", "cannot read"),
        ("keys", "required: action"),
    ],
)
def test_a_fault_is_reported_in_one_line(path: Path, command: str, complaint: str) -> None:
    done = run(*shlex.split(command), COINGLASS_KEY_FILE=str(path))
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in line


def test_without_a_file_the_command_says_how_to_name_it() -> None:
    assert "set COINGLASS_KEY_FILE, or name the file of keys with --file" in run("keys", "list").stderr


def test_a_server_without_its_file_of_keys_says_how_to_create_it(path: Path) -> None:
    done = run("serve", "--sandbox", COINGLASS_CALLERS="keys", COINGLASS_KEY_FILE=str(path))
    line = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert line.startswith(f"coinglass-graphql: COINGLASS_KEY_FILE: cannot read {path}")
    assert line.endswith("`coinglass-graphql keys create NAME` creates it")


def test_workers_serve_callers_with_a_key(path: Path) -> None:
    key = keys(path, "keys create ann").strip()
    variables = {"COINGLASS_CALLERS": "keys", "COINGLASS_KEY_FILE": str(path), "COINGLASS_WORKERS": "2"}
    with (
        serving("--sandbox", **variables) as (address, _),
        httpx.Client(base_url=address, timeout=120) as http,  # a worker may still start
    ):
        body = {"query": "{ upstreamQuota { limit } }"}
        answers = [http.post("/graphql", json=body, headers={"x-api-key": each}) for each in (key, "cgk_wrong")]
    assert [answer.status_code for answer in answers] == [200, 401]
