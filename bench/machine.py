"""Where the figures come from: the machine, and the versions of what runs on it."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.load import require_wrk

_PACKAGES = (
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "httpx",
    "aiohttp",
    "orjson",
    "msgspec",
)


def facts() -> Iterator[tuple[str, str]]:
    """Names and values, whatever makes the load."""
    yield "date", datetime.now(UTC).date().isoformat()
    yield "processor", f"{_model()}, {os.cpu_count()} cores"
    yield "system", f"{platform.system()} {platform.release()}"
    yield "Python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "packages", ", ".join(f"{name} {version(name)}" for name in _PACKAGES)


def _model() -> str:
    result = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return result[1] if result else platform.machine()


def wrk() -> str:
    """Return the name and version that wrk prints about itself."""
    printed = subprocess.run([require_wrk(), "-v"], capture_output=True, text=True, check=False)  # noqa: S603  # no input
    return (printed.stdout + printed.stderr).split("Copyright", 1)[0].strip()
