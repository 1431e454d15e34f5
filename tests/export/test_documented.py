"""The commands and programs of docs/export.md work."""

import re
import shlex
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from tests.conftest import Graph
from tests.test_imports import ROOT

ADDRESS = "http://127.0.0.1:8000"
TEXT = (ROOT / "docs" / "export.md").read_text()
COMMANDS = [
    text for kind, text in re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL) if kind == "bash" and "curl" in text
]
PROGRAMS = re.findall(
    r"```python\n(import pandas .*?)```", TEXT, re.DOTALL
)  # others: clients/python/tests/test_exports.py


def test_the_page_shows_a_program_and_two_commands() -> None:
    assert (len(PROGRAMS), len(COMMANDS)) == (1, 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_shown_command_gets_a_file(command: str, shared_graph: Graph) -> None:
    words = shlex.split(command.replace("\\\n", " "))
    options = list(pairwise(words))
    values = [value for flag, value in options if flag in ("-d", "--data-urlencode")]
    headers = dict(value.split(": ", 1) for flag, value in options if flag == "-H")
    if "-sG" in words:
        answer = shared_graph.http.get("/graphql", params=dict(value.split("=", 1) for value in values))
    else:
        answer = shared_graph.http.post("/graphql", content=values[0], headers=headers)
    assert (answer.status_code, "disposition" in str(answer.headers)) == (200, True), answer.text


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_shown_program_reads_a_file(program: str, shared_graph: Graph) -> None:
    names: dict[str, Any] = {}
    exec(program.replace(ADDRESS, str(shared_graph.http.base_url).rstrip("/")), names)  # noqa: S102  # a shown program
    frame = names["frame"]
    assert (len(frame), list(frame.columns)) == (30, ["close"])
    assert isinstance(frame.index, pd.DatetimeIndex)
