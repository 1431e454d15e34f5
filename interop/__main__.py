"""`make interop`: other people's clients, code generators and fuzzers against the real server with samples.

The exit code is 0 if each of them is content and no server logged an error.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.processes import BenchError, Process, cores, started
from bench.servers import wait_until_ready
from sandbox.app import KEY

_ROOT: Final = Path(__file__).resolve().parents[1]
_BIN: Final = _ROOT / ".venv-fuzz" / "bin"
_SERVER: Final = (sys.executable, "-m", "server.cli", "serve", "--port", "0")
_UPSTREAM: Final = (sys.executable, "-m", "sandbox", "--port", "0", "--plan", "enterprise")
_ROOM: Final = {  # for operations that select everything
    "COINGLASS_PLAN": "enterprise",
    "COINGLASS_MAX_ALIASES": "10000",
    "COINGLASS_MAX_TOKENS": "100000",
    "COINGLASS_MAX_FIELDS": "20000",
    "COINGLASS_MAX_DEPTH": "15",
    "COINGLASS_MAX_CHARACTERS": "500000",
    "COINGLASS_MAX_COMPARISONS": "5000",
    "COINGLASS_MAX_FRAGMENTS": "1000",
    "COINGLASS_MAX_CALLS": "1000",
}


class Failed(Exception):
    """One line that says what is not as it should be."""


def clients() -> None:
    """Run the clients of npm, against a server with default settings and one that demands a key of its callers."""
    with tempfile.TemporaryDirectory() as directory:
        keys = Path(directory) / "keys.json"
        guarded = {"COINGLASS_CALLERS": "keys", "COINGLASS_KEY_FILE": str(keys), "COINGLASS_KEY_HEADER": "on"}
        variables = {"COINGLASS_CALLER_KEY": _new_key(keys)}
        with _serving({}) as default, _serving(guarded) as second:
            variables |= {"COINGLASS_URL": default.url, "COINGLASS_GUARDED_URL": second.url}
            _run(["npm", "test", "--silent"], _ROOT / "interop" / "clients", variables)


def live() -> None:
    """Let clients of npm receive events that the sandbox sends as it is told, over connections that are cut."""
    _, core = cores()
    with started(_UPSTREAM, {}, core) as upstream:
        behind = {
            "COINGLASS_API_KEY": KEY,
            "COINGLASS_BASE_URL": upstream.url,
            "COINGLASS_WEBSOCKET_URL": f"ws{upstream.url.removeprefix('http')}/ws-api",
        }
        with _serving(behind, _SERVER) as server:
            variables = {"COINGLASS_LIVE_URL": server.url, "COINGLASS_SANDBOX_URL": upstream.url}
            _run(["npm", "run", "--silent", "live"], _ROOT / "interop" / "clients", variables)


def audit() -> None:
    """Run graphql-http's audit of GraphQL over HTTP."""
    with _serving({}) as server:
        _run(["npm", "run", "--silent", "audit"], _ROOT / "interop" / "http", {"COINGLASS_URL": server.url})


def types() -> None:
    """Generate TypeScript types from the running server, by introspection and from its SDL, and compile them."""
    with _serving({}) as server:
        for path in ("/graphql", "/schema.graphql"):
            for script in ("generate", "compile"):
                command = ["npm", "run", "--silent", script]
                _run(command, _ROOT / "clients" / "typescript", {"COINGLASS_SCHEMA": server.url + path})


def fuzz() -> None:
    """Run Schemathesis, which generates operations from the schema."""
    config = _ROOT / "interop" / "fuzz"
    with _serving(_ROOM) as server:
        command = [str(_BIN / "schemathesis"), "--config-file", str(config / "schemathesis.toml"), "run"]
        command += ["--no-color", "--include-name-regex", "^Query", f"{server.url}/graphql"]  # else without `_entities`
        _run(command, config, {"PYTHONPATH": str(config)})


PARTS: Final[Mapping[str, Callable[[], None]]] = {part.__name__: part for part in (audit, clients, live, types, fuzz)}


@contextlib.contextmanager
def _serving(
    variables: Mapping[str, str], command: Sequence[str] = (*_SERVER, "--sandbox=samples")
) -> Iterator[Process]:
    """Serve, the samples if nothing else is said, and read the log in the end."""
    core, _ = cores()
    with started(command, variables, core) as server:
        wait_until_ready(server)
        yield server
        faults = [line for line in server.log_text().splitlines() if _is_fault(line)]
        if faults:
            raise Failed(f"The server logged {len(faults)} errors, the first of which is {faults[0][:1000]}")


def _is_fault(line: str) -> bool:
    if line.startswith("Traceback"):
        return True
    with contextlib.suppress(json.JSONDecodeError):
        entry = json.loads(line)
        return isinstance(entry, dict) and (entry.get("level") in ("error", "critical") or "exception" in entry)
    return False


def _new_key(keys: Path) -> str:
    command = [sys.executable, "-m", "server.cli", "keys", "--file", str(keys), "create", "interop"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0]  # noqa: S603  # our own command


def _run(command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> None:
    """Run a command, whose output is shown if it fails."""
    environment = os.environ | dict(variables)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.run(command, cwd=directory, env=environment, stdout=output, stderr=output, check=False)  # noqa: S603  # fixed commands
        output.seek(0)
        text = output.read()
    if process.returncode:
        sys.stdout.write(text)
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}")


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
    parser = argparse.ArgumentParser(prog="python -m interop", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}; else all"
    )
    names = parser.parse_args().parts or [*PARTS]
    results = [_passes(name) for name in names]
    return 0 if all(results) else 1


def _passes(name: str) -> bool:
    begun = time.perf_counter()
    try:
        PARTS[name]()
    except (Failed, BenchError) as error:
        sys.stdout.write(f"FAILED {name}: {error}\n")
        return False
    sys.stdout.write(f"ok     {name} ({time.perf_counter() - begun:.0f} s)\n")
    sys.stdout.flush()
    return True


if __name__ == "__main__":
    sys.exit(main())
