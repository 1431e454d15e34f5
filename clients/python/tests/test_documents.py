"""The README's examples, and the notebook."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

PYTHON = os.environ.get("COINGLASS_CLEAN_PYTHON", sys.executable)  # of an environment that has the wheel and no more
README = (ROOT / "clients/python/README.md").read_text()
NOTEBOOK = ROOT / "examples/history.ipynb"


def test_the_examples_of_the_readme_run(url: str, tmp_path: Path) -> None:
    program = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL)).replace("http://127.0.0.1:8000", url)
    command = [PYTHON, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "did you mean ['BTC'" in done.stdout
    assert re.search(r"20 series in 1[89] pages: \d+ calls", done.stdout)
    assert re.search(r"\(17\d\d\d, 20\)", done.stdout)


@pytest.fixture
def executed(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """Return the notebook as it is now executed, and write it with `WRITE`."""
    monkeypatch.setenv("COINGLASS_GRAPHQL_URL", url)
    notebook: nbformat.NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, record_timing=False, resources={"metadata": {"path": str(tmp_path)}}).execute()
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    if os.environ.get("WRITE"):
        nbformat.write(notebook, NOTEBOOK)
    return notebook


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # of Jupyter's own libraries
def test_the_notebook_runs_and_is_committed_with_its_results(executed: nbformat.NotebookNode) -> None:
    committed = nbformat.read(NOTEBOOK, as_version=4)
    for before, now in zip(committed.cells, executed.cells, strict=True):
        assert [output.output_type for output in before.get("outputs", ())] == [
            output.output_type for output in now.get("outputs", ())
        ], now.source
    assert any("image/png" in output.get("data", {}) for cell in committed.cells for output in cell.get("outputs", ()))
    assert "(17" in str(executed.cells)
