"""Server processes, each on one core, and their CPU time and memory."""

import contextlib
import functools
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN = 30.0  # seconds
STOPS_WITHIN = 5.0
QUIET_WITHIN = 60.0
_QUIET_READINGS = 3
_SERVES = re.compile(r"^(?:.* serves .*at )?(http://[\d.]+:\d+)(?:/|$)", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")
_STARTED_WITHOUT = ("COINGLASS_", "BENCH_", "PLAIN_", "PYTHON")  # variables that would change what is measured


class BenchError(Exception):
    """One line that says why there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running server."""

    pid: int
    url: str
    handle: subprocess.Popen[bytes]
    log: int  # file descriptor of its output

    def log_text(self) -> str:
        """Return the first megabyte of its log."""
        return os.pread(self.log, 2**20, 0).decode(errors="replace")

    def exit_code(self, within: float) -> int | None:
        """Return its exit code, or None if it is still running after `within` seconds."""
        try:
            return self.handle.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def cpu_seconds(self) -> float:
        """User and system time since the start, in steps of a clock tick (10 ms)."""
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def exact_cpu_seconds(self) -> float:
        """Return what its threads have used, to the nanosecond; without those that have ended."""
        return thread_seconds(self.pid)

    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def peak_bytes(self) -> int:
        """Return the peak of its resident memory, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:", 1)[1].split()[0]) * 1024

    def forget_peak(self) -> None:
        """Let `peak_bytes` begin again from what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def cpu_seconds_when_idle(self) -> float:
        """Return the CPU time once the process is idle: asleep for a while, not only waiting for its core."""
        latest, before, quiet = time.monotonic() + QUIET_WITHIN, -1.0, 0
        while quiet < _QUIET_READINGS and time.monotonic() < latest:
            time.sleep(0.05)
            now = self.cpu_seconds()
            quiet = quiet + 1 if now == before and self._stat()[0] == "S" else 0
            before = now
        return before

    def _stat(self) -> list[str]:
        """Return the fields of /proc/PID/stat from the state on."""
        return Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()


def thread_seconds(pid: int) -> float:
    """Return the CPU time of the threads of a process."""
    texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(text.split()[0]) for text in texts) / 1e9


@functools.cache
def cores() -> tuple[int, int]:
    """Return the core of the server under test and the core of everything else, this process and wrk included."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:  # noqa: PLR2004  # as the sentence says
        raise BenchError("The benchmark needs two cores: one for the server, one for what drives it.")
    os.sched_setaffinity(0, {available[0]})
    return available[1], available[0]


@contextlib.contextmanager
def started(command: Sequence[str], env: Mapping[str, str], core: int) -> Iterator[Process]:
    """Yield the process once it prints where it serves, and stop it whatever happens; raises BenchError."""
    complete = {name: value for name, value in os.environ.items() if not name.startswith(_STARTED_WITHOUT)} | dict(env)
    with tempfile.TemporaryFile("w+") as log, contextlib.ExitStack() as stack:
        process = subprocess.Popen(command, env=complete, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603  # our own modules
        stack.callback(_stop, process)
        os.sched_setaffinity(process.pid, {core})
        yield Process(process.pid, _address(process, log.fileno()), process, log.fileno())


def _address(process: subprocess.Popen[bytes], log: int) -> str:
    latest = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < latest:
        text = os.pread(log, 100_000, 0).decode(errors="replace")
        result = _SERVES.search(text)
        if result:
            return result[1]
        if process.poll() is not None:
            raise BenchError(f"{' '.join(map(str, process.args[1:]))} did not start: {text.strip()[-500:]}")  # type: ignore[index]  # a list
        time.sleep(0.02)
    raise BenchError("A server did not start in time.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
