"""The commands of docs/replicas.md start replicas on one machine that answer from each other's fetches."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.store_server import binary_of
from tests.test_cli import ROOT

LONGEST = 90.0  # seconds, of which the commands take about ten
BLOCKS = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "replicas.md").read_text(), re.DOTALL)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def with_free_ports(commands: str) -> str:
    """Replace each port by one that is free."""
    pattern = r"\b(?:6379|8\d{3})\b"
    ports = {port: free_port() for port in re.findall(pattern, commands)}
    return re.sub(pattern, lambda match: ports[match[0]], commands)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_second_replica_answers_from_what_the_first_has_fetched(tmp_path: Path) -> None:
    (commands,) = (block for block in BLOCKS if "valkey-server" in block)
    (tmp_path / "valkey-server").symlink_to(binary_of("valkey"))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COINGLASS_", "PYTEST_"))}
    with subprocess.Popen(  # noqa: S603  # shown commands
        ["bash", "-c", with_free_ports(commands)],  # noqa: S607  # as a reader runs them
        cwd=ROOT,
        env=inherited | {"PATH": f"{tmp_path}:{inherited['PATH']}", "COINGLASS_DRAIN_SECONDS": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=LONGEST)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert re.findall(r"^x-upstream-calls: (\d+)", printed, re.MULTILINE) == ["1", "0"]
    closes = re.findall(r'"close":([\d.]+)', printed)
    assert len(closes) == 2
    assert len(set(closes)) == 1
