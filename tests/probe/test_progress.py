"""The progress line on the terminal."""

import io

import pytest

from probe.command import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_a_narrow_terminal_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    Progress(terminal).show(1, 2, "/api/futures/liquidation/aggregated-heatmap/model1")
    assert len(terminal.getvalue().removeprefix("\r")) == 39


def test_a_terminal_shows_the_progress_and_is_cleared() -> None:
    terminal = Terminal()
    progress = Progress(terminal)
    progress.show(50, 100, "/api/index/puell-multiple")
    assert "[############............] 50 of 100  /api/index/puell-multiple" in terminal.getvalue()
    progress.show(51, 100, "/api/x")
    last = terminal.getvalue().rsplit("\r", 1)[1]
    assert last.rstrip().endswith("51 of 100  /api/x")
    assert len(last) >= len("[############............] 50 of 100  /api/index/puell-multiple")
    progress.clear()
    assert terminal.getvalue().rsplit("\r", 2)[1].strip() == ""


def test_without_a_terminal_nothing_is_written() -> None:
    file = io.StringIO()
    progress = Progress(file)
    progress.show(1, 2, "/api/x")
    progress.clear()
    assert file.getvalue() == ""
