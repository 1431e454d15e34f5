"""SIGHUP: callers' keys and trusted documents are read again, in all workers; a closed terminal ends the server."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from server.hangup import reload_at_hangup
from tests.running import LIMIT
from tests.test_cli import COMMAND, environment, serving
from tests.test_keys_command import keys
from tests.test_trusted_documents import apollo, code
from tests.test_workers import STARTS_WITHIN, answering_alone, started

QUOTA = ("quota", "Quota", "query Quota { upstreamQuota { limit } }")
USED = ("used", "Used", "query Used { upstreamQuota { used } }")
FAULTY = ("faulty", "Faulty", "query Faulty { nothing }")
STAY = "those that were read last stay"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(apollo(QUOTA))
    return path


def hang_up(process: subprocess.Popen[str], event: str) -> str:
    """Send the signal, and return the line of the event."""
    process.send_signal(signal.SIGHUP)
    assert process.stderr
    return next(line for line in process.stderr if event in line)


def post(address: str, id_: str, **headers: str) -> httpx.Response:
    return httpx.post(f"{address}/graphql", json={"documentId": id_}, headers=headers, timeout=STARTS_WITHIN)


def answers_in_time(address: str, id_: str) -> bool:
    """Ask for a document until the server knows it."""
    latest = time.monotonic() + LIMIT
    return any("data" in post(address, id_).json() for _ in iter(lambda: time.monotonic() < latest, False))


def test_trusted_documents_are_read_again_in_all_workers(manifest: Path) -> None:
    options = ("--sandbox", "--workers", "2", "--trusted-documents", str(manifest), "--trusted-only")
    with serving(*options) as (address, process):
        pids = started(address, process)
        for pid in pids:
            with answering_alone(pid, process):
                assert "data" in post(address, "quota").json()
        manifest.write_text(apollo(USED))
        process.send_signal(signal.SIGHUP)
        for pid in pids:
            with answering_alone(pid, process):
                assert answers_in_time(address, "used")
                assert code(post(address, "quota")) == "PERSISTED_QUERY_NOT_IN_LIST"


def test_faulty_documents_leave_those_before_and_one_line(manifest: Path) -> None:
    with serving("--sandbox", "--trusted-documents", str(manifest), "--trusted-only") as (address, process):
        for content, fault in ((apollo(QUOTA, FAULTY), "Faulty: Cannot query field"), ("{", "is not JSON")):
            manifest.write_text(content)
            line = hang_up(process, STAY)
            assert fault in line
            assert "data" in post(address, "quota").json()


def test_a_new_key_of_a_caller_is_valid_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keys(path, "keys create ann")
    with serving("--sandbox", COINGLASS_CALLERS="keys", COINGLASS_KEY_FILE=str(path)) as (address, process):
        key = keys(path, "keys create bob").strip()
        line = hang_up(process, "the file of keys was read again")
        assert '"keys": 2' in line
        answer = httpx.post(f"{address}/graphql", json={"query": "{ __typename }"}, headers={"x-api-key": key})
        assert answer.status_code == 200
        path.write_text("{")
        assert "is not a file of keys" in hang_up(process, "the keys that were read last stay valid")
        path.write_bytes(b'{"keys": [{"name": "\xff"}]}')
        assert "is not a file of keys" in hang_up(process, "the keys that were read last stay valid")
        answer = httpx.post(f"{address}/graphql", json={"query": "{ __typename }"}, headers={"x-api-key": key})
        assert answer.status_code == 200


async def test_a_reload_that_fails_is_logged_and_the_next_signal_reloads() -> None:
    reloaded = asyncio.Event()
    failures = [ValueError("no text"), None]

    async def reload() -> None:
        failure = failures.pop(0)
        reloaded.set()
        if failure is not None:
            raise failure

    with capture_logs() as lines, reload_at_hangup(reload):
        for _ in range(2):
            reloaded.clear()
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.wait_for(reloaded.wait(), LIMIT)
    assert [line["event"] for line in lines] == ["reading the files again failed"]


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_server_ends_when_its_terminal_is_closed(workers: str) -> None:
    terminal, its_side = os.openpty()
    in_terminal = [sys.executable, "-c", IN_TERMINAL, *COMMAND, "serve", "--port", "0", "--sandbox"]
    variables = environment(COINGLASS_WORKERS=workers, COINGLASS_DRAIN_SECONDS="0")
    with subprocess.Popen(in_terminal, env=variables, stderr=its_side, start_new_session=True) as process:  # noqa: S603  # our own command
        os.close(its_side)
        shown = b""
        while not re.search(rb"serves .* at http:[^ ]*", shown):
            shown += os.read(terminal, 65536)
        address = re.findall(rb"at (http:[^ ]*)", shown)[0].decode()
        assert httpx.get(f"{address}healthz", timeout=STARTS_WITHIN).status_code == 200
        process.send_signal(signal.SIGHUP)
        assert httpx.get(f"{address}healthz").status_code == 200
        os.close(terminal)
        assert process.wait(30) == 0


IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
