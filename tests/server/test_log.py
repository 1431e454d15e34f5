"""Lines of the log: their order, their format, and what is replaced in them."""

import errno
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from select import PIPE_BUF

import pytest
import structlog

from cg_client.secret import Secret
from server import log
from server.log import configure, request_lines
from server.log_stream import LogStream

QUOTED = 'a-secret-"quoted"-key'


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, object]]]:
    """Configure the log of this process for the test, and return what it has written."""
    stream = io.StringIO()
    monkeypatch.setattr(log, "LogStream", lambda: LogStream(stream))
    configure("info", [Secret(QUOTED)])

    def lines() -> list[dict[str, object]]:
        assert request_lines.stream is not None
        request_lines.stream.flush()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return lines


Lines = Callable[[], list[dict[str, object]]]


async def test_lines_of_requests_come_before_what_is_logged_later(written: Lines) -> None:
    request_lines.info("request", {"number": 1})
    request_lines.info("request", {"number": 2})
    structlog.get_logger("x").warning("something else")
    request_lines.info("request", {"number": 3})
    assert [(line["event"], line.get("number")) for line in written()] == [
        ("request", 1),
        ("request", 2),
        ("something else", None),
        ("request", 3),
    ]


async def test_all_lines_have_the_same_keys_and_no_secret(written: Lines) -> None:
    request_lines.info("request", {"path": f"/{QUOTED}"})
    structlog.get_logger("x").warning("refused", address=QUOTED)
    logging.getLogger("aiohttp.client").error("failed with %s", QUOTED)
    lines = written()
    assert len(lines) == 3
    assert all(line.keys() >= {"timestamp", "level", "event"} for line in lines)
    assert "secret" not in json.dumps(lines)
    assert "***" in json.dumps(lines)


def test_what_libraries_log_has_its_traceback_in_the_line(written: Lines) -> None:
    try:
        raise ValueError(QUOTED)  # noqa: TRY301  # to be logged
    except ValueError:
        logging.getLogger("websockets.server").exception("in a library")
    (line,) = written()
    assert (line["event"], line["logger"], line["level"]) == ("in a library", "websockets.server", "error")
    assert "ValueError: ***" in str(line["exception"])


def test_warnings_and_unhandled_exceptions_are_lines_too(written: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("an old way", DeprecationWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: 1 / 0, name="worker")
    thread.start()
    thread.join()
    try:
        raise KeyError(QUOTED)  # noqa: TRY301  # to be logged
    except KeyError as error:
        sys.excepthook(KeyError, error, None)
    warning, in_thread, uncaught = written()
    assert (warning["logger"], warning["level"]) == ("py.warnings", "warning")
    assert "ZeroDivisionError" in str(in_thread["exception"])
    assert (uncaught["event"], "secret" in str(uncaught)) == ("uncaught exception", False)


def test_a_level_above_info_writes_no_lines_of_requests(written: Lines) -> None:
    configure("warning", [])
    request_lines.info("request", {})
    assert written() == []


async def test_a_batch_is_written_whole_by_a_flush() -> None:
    target = io.StringIO()
    stream = LogStream(target)
    for number in range(3):
        stream.write_later(f"{number}\n")
    assert target.getvalue() == ""
    stream.flush()
    assert target.getvalue() == "0\n1\n2\n"


class Pipe(io.StringIO):
    """Records what each call writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)


def test_lines_of_several_processes_never_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Pipe()
    monkeypatch.setattr(log, "LogStream", lambda: LogStream(pipe))
    configure("info", [])
    structlog.get_logger("x").warning("from this project")
    logging.getLogger("x").warning("from a library")
    assert [(text.count("\n"), text[-1]) for text in pipe.writes] == [(1, "\n")] * 2


async def test_a_batch_is_written_in_parts_that_a_pipe_takes_as_a_whole() -> None:
    pipe = Pipe()
    stream = LogStream(pipe)
    lines = [f"{'é' * 500}{number:04}\n" for number in range(20)] + ["long" * PIPE_BUF + "\n", "short\n"]
    for line in lines:
        stream.write_later(line)
    stream.flush()
    assert "".join(pipe.writes) == "".join(lines)
    assert all(text.endswith("\n") for text in pipe.writes)
    assert {text for text in pipe.writes if len(text.encode()) > PIPE_BUF} == {lines[-2]}
    assert len(pipe.writes) < len(lines) / 2


class ClosedTerminal(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")

    def flush(self) -> None:
        raise OSError(errno.EIO, "Input/output error")


async def test_a_closed_terminal_ends_the_log_alone() -> None:
    stream = LogStream(ClosedTerminal())
    stream.write("lost\n")
    stream.write_later("lost\n")
    stream.flush()
