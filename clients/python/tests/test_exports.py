"""The recipes of docs/export.md for what the server's own environment does not have."""

import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs/export.md").read_text()


def program(module: str) -> str:
    programs: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (text,) = [each for each in programs if f"import {module}" in each]
    return text


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102  # a program of the documentation
    return names


def test_polars_reads_a_file(url: str) -> None:
    frame = run(program("polars").replace("http://127.0.0.1:8000", url))["frame"]
    assert (frame.columns, len(frame)) == (["time", "close"], 30)
    assert [str(kind) for kind in frame.dtypes] == ["Datetime(time_unit='us', time_zone='UTC')", "Float64"]


def test_duckdb_reads_the_file_that_curl_saved(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = re.findall(r"```bash\n(curl -sG .*?)```", PAGE, re.DOTALL)
    words = shlex.split(command.replace("\\\n", " "))
    assert words[words.index("-o") + 1] == "funding.parquet"
    values = [words[at + 1] for at, word in enumerate(words) if word in ("-d", "--data-urlencode")]
    file = httpx.get(f"{url}/graphql", params=dict(value.split("=", 1) for value in values), trust_env=False)
    file.raise_for_status()
    (tmp_path / "funding.parquet").write_bytes(file.content)
    monkeypatch.chdir(tmp_path)
    rows = run(program("duckdb"))["rows"]
    assert [name for name, *_ in rows.description] == ["time", "close"]
    assert len(rows.fetchall()) == 100
