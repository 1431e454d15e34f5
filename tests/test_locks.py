"""The lock files: they fit pyproject.toml and each other, have hashes, and name no address."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from build_hooks.node import WHEEL
from tests.test_cli import ROOT
from tools.replay_dockerfile import build_context, locked_versions

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["project"]["dependencies"]
EXTRAS = [
    entry
    for extra in PROJECT["project"]["optional-dependencies"].values()
    for entry in extra
    if not entry.startswith(PROJECT["project"]["name"])  # an extra that includes another
]
IMAGE_EXTRAS = [  # which the image has, so that it can send traces and be one of many replicas
    entry for extra in ("otel", "shared") for entry in PROJECT["project"]["optional-dependencies"][extra]
]
BUILD = PROJECT["dependency-groups"]["build"]
NODE = PROJECT["dependency-groups"]["node"]
SERVER, DEV, BUILDING, BUILDING_PAGE, FUZZ, CLIENT = (
    ROOT / "locks" / f"{name}.txt" for name in ("server", "dev", "build", "node", "fuzz", "python-client")
)
FUZZING = [
    line for line in (ROOT / "interop/fuzz/requirements.in").read_text().splitlines() if not line.startswith("#")
]

_CLIENT = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text())
FOR_CLIENT = [
    entry
    for entries in (
        _CLIENT["project"]["dependencies"],
        *_CLIENT["project"]["optional-dependencies"].values(),
        *_CLIENT["dependency-groups"].values(),
    )
    for entry in entries
    if not entry.startswith(_CLIENT["project"]["name"])
]


@pytest.mark.parametrize(
    ("path", "requirements"),
    [
        (SERVER, DEPENDENCIES + IMAGE_EXTRAS),
        (BUILDING, BUILD),
        (BUILDING_PAGE, NODE),
        (DEV, DEPENDENCIES + EXTRAS + BUILD),
        (FUZZ, FUZZING),
        (CLIENT, FOR_CLIENT),
    ],
    ids=["server", "build", "node", "dev", "fuzz", "python-client"],
)
def test_each_requirement_is_locked_in_an_allowed_version(path: Path, requirements: list[str]) -> None:
    locked = locked_versions(path)
    for requirement in map(Requirement, requirements):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked (remedy: make lock)"
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version} (remedy: make lock)"


@pytest.mark.parametrize("path", [SERVER, DEV, BUILDING, BUILDING_PAGE, FUZZ, CLIENT], ids=lambda path: path.stem)
def test_a_lock_file_has_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text()
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_tests_run_with_the_versions_that_the_image_has() -> None:
    server, dev = locked_versions(SERVER), locked_versions(DEV)
    assert server.items() <= dev.items()


def test_what_builds_the_package_is_locked() -> None:
    names = {Requirement(entry).name for entry in PROJECT["build-system"]["requires"]}
    assert names <= {Requirement(entry).name for entry in BUILD}


def test_the_locked_node_is_that_of_the_build_hook() -> None:
    assert [WHEEL] == NODE


def test_the_build_gets_what_it_needs_and_neither_tests_nor_secrets() -> None:
    paths = {str(path) for path in build_context()}
    tops = {path.split("/")[0] for path in paths}
    packages = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert (
        packages
        | {"pyproject.toml", "hatch_build.py", "build_hooks", "explorer", "examples", "README.md", "LICENSE", "locks"}
        <= tops
    )
    assert tops.isdisjoint({"tests", "docs", "deploy", "clients", ".git", ".ci", "keys.json"})
