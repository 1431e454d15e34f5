"""docs/probe.md describes every kind, status and option of the probe."""

import re

import pytest

from cg_client.decoding.anomalies import AnomalyKind
from probe.findings import DifferenceKind, Status
from tests.test_cli import run
from tests.test_imports import ROOT

DOCUMENT = (ROOT / "docs" / "probe.md").read_text()


@pytest.mark.parametrize("name", [each.value for kinds in (AnomalyKind, DifferenceKind, Status) for each in kinds])
def test_each_kind_and_status_has_a_row(name: str) -> None:
    assert f"\n| `{name}` | " in DOCUMENT


def test_each_option_has_a_row() -> None:
    options = set(re.findall(r"(--\w+)", run("probe", "--help").stdout)) - {"--help"}
    assert options == set(re.findall(r"^\| `(--\w+)", DOCUMENT, re.MULTILINE))


def test_the_documented_output_is_that_of_a_real_run() -> None:
    shown = DOCUMENT.split("```text\n$ coinglass-graphql ")[1].split("```")[0]
    command, _, output = shown.partition("\n")
    assert run(*command.split()).stdout == output
