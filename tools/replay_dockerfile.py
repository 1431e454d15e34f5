"""Run the instructions of the Dockerfile in a fresh Debian, without Docker, and query the server that they install.

Needs root and mmdebstrap; the exit code is 75 where no Debian can be set up. Each stage is a folder with the files of
a small Debian, where `chroot` runs the lines of RUN as they stand in the Dockerfile. The base image is replaced by a
Debian with the version of Python that the image has.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pathspec import PathSpec

from tools.smoke import free_port, query, running

ROOT = Path(__file__).parent.parent
_SUITE, _PYTHON = "bookworm", "3.11"
_PACKAGES = "python3,python3-dev,python3-venv,ca-certificates"  # with the headers of Python, as the image
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How this machine reaches the registries: Docker's build gets the same from its host.
_NETWORK_FILES = ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf", "/etc/apt/apt.conf.d")
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
_NETWORK_VARIABLES = ("PIP_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS", "npm_config_", *_PROXY_VARIABLES)
_NO_DEBIAN = 75  # EX_TEMPFAIL of sysexits.h
_WITHOUT_EFFECT = {"COMMENT", "LABEL", "EXPOSE", "STOPSIGNAL"}


@dataclass
class Stage:
    """A stage of the build: a root folder, and what its instructions set."""

    root: Path
    env: dict[str, str]
    workdir: str = "/"
    user: str = "0:0"
    args: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)

    def command(self, arguments: list[str], **more: str) -> list[str]:
        """Return the command that runs these arguments in the stage, with its variables alone."""
        env = [f"{name}={value}" for name, value in (self.env | self.args | more).items()]
        inside = ["env", "--ignore-environment", f"--chdir={self.workdir}", *env, *arguments]
        return ["chroot", f"--userspec={self.user}", str(self.root), *inside]

    def inside(self, path: str) -> Path:
        return self.root / Path(self.workdir, path).relative_to("/")


class Replay:
    """Executes instructions; raises on one that it does not know and on a line of RUN that fails."""

    def __init__(self, folder: Path, dockerfile: Path) -> None:
        self._folder = folder
        self._instructions = DockerfileParser(path=str(dockerfile)).structure
        self._stages: dict[str, Stage] = {}
        self._global_args: dict[str, str] = {}

    def last_stage(self) -> Stage:
        stage: Stage | None = None
        for entry in self._instructions:
            name, value = entry["instruction"], entry["value"]
            if name == "FROM":
                stage = self._start(value)
            elif stage is None:
                self._before_stages(name, value)
            elif name not in _WITHOUT_EFFECT:
                print(f"{name} {value}"[:120], flush=True)  # noqa: T201  # a command
                self._execute(stage, name, value)
        if stage is None:
            raise ValueError("the Dockerfile has no FROM")
        return stage

    def _before_stages(self, name: str, value: str) -> None:
        if name == "ARG":
            self._global_args.update([_assignment(value)])
        elif name != "COMMENT":
            raise ValueError(f"{name} stands before the first FROM")

    def _start(self, value: str) -> Stage:
        image, *alias = Template(value).substitute(self._global_args).split()
        if f":{_PYTHON}-" not in image:
            raise ValueError(f"{image} is not of Python {_PYTHON}: change the suite of Debian in {__file__}")
        root = self._folder / f"stage{len(self._stages)}"
        subprocess.run(["/bin/cp", "--archive", "--reflink=auto", str(self._base()), str(root)], check=True)  # noqa: S603  # this folder
        stage = Stage(root, {"PATH": _PATH, **_network_variables()})
        self._stages[alias[-1] if alias else str(len(self._stages))] = stage
        return stage

    def _base(self) -> Path:
        base = self._folder / "base"
        if not base.exists():
            command = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={_PACKAGES}", _SUITE, str(base)]
            try:
                subprocess.run(command, check=True)  # noqa: S603  # constants
            except (OSError, subprocess.CalledProcessError) as error:
                text = f"skipped the lines of the Dockerfile: mmdebstrap needs root and a mirror ({error})"
                print(text)  # noqa: T201  # a command
                sys.exit(_NO_DEBIAN)
            (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
            for path in map(Path, _NETWORK_FILES):
                _copy(path, base / path.relative_to("/"))
        return base

    def _execute(self, stage: Stage, name: str, value: str) -> None:
        match name:
            case "RUN":
                subprocess.run(stage.command(["/bin/sh", "-c", value]), check=True)  # noqa: S603  # the Dockerfile's line
            case "COPY":
                self._copy_into(stage, shlex.split(value))
            case "WORKDIR":
                stage.workdir = value
                stage.inside(".").mkdir(parents=True, exist_ok=True)
            case "ENV":
                stage.env.update(_assignment(Template(word).safe_substitute(stage.env)) for word in shlex.split(value))
            case "ARG":
                stage.args.update([_assignment(value)])
            case "USER":
                stage.user = value
            case "HEALTHCHECK":
                stage.healthcheck = json.loads(value.partition(" CMD ")[2])
            case "ENTRYPOINT":
                stage.entrypoint = json.loads(value)
            case "CMD":
                stage.cmd = json.loads(value)
            case _:
                raise ValueError(f"{name} is not implemented in {__file__}")

    def _copy_into(self, stage: Stage, words: list[str]) -> None:
        *sources, target = words
        if sources[0].startswith("--from="):
            other = self._stages[sources.pop(0).removeprefix("--from=")]
            for source in sources:
                _copy(other.inside(source), stage.inside(target))
            return
        for path in build_context():
            for start in map(Path, sources):
                if path.is_relative_to(start):
                    rest = path.relative_to(start)
                    _copy(ROOT / path, stage.inside(target) / (rest if rest.parts else path.name))


def build_context() -> Iterator[Path]:
    """Yield the files that Docker would send to the build: those of git that .dockerignore does not exclude."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line if line.startswith(("#", "**/")) else f"/{line}" for line in lines if line]
    ignored = PathSpec.from_lines("gitignore", patterns)
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # the git of this machine
        cwd=ROOT,
        text=True,
    )
    for name in listed.splitlines():
        if not ignored.match_file(name) and (ROOT / name).exists():
            yield Path(name)


def _assignment(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(source, target)


def _network_variables() -> Mapping[str, str]:
    variables = {name: value for name, value in os.environ.items() if name.startswith(_NETWORK_VARIABLES)}
    return {name: value for name, value in variables.items() if not value.startswith("/") or value in _NETWORK_FILES}


def _check_contents(stage: Stage) -> int:
    """Return the number of components in the bill of materials; raise without rows.pyx compiled or a locked version."""
    if not list(stage.inside("/opt/venv").glob("lib/python*/site-packages/native/rows.*.so")):
        raise ValueError("native/rows.pyx was not compiled")
    document = json.loads(stage.inside("/opt/venv/sbom.cdx.json").read_text())
    components = {(canonicalize_name(part["name"]), part["version"]) for part in document["components"]}
    if absent := locked_versions(ROOT / "locks/server.txt").items() - components:
        raise ValueError(f"the bill of materials lacks {sorted(absent)}")
    return len(components)


def locked_versions(path: Path) -> dict[str, str]:
    """Return the version of each package that the lock file names for this machine."""
    lines = (line.removesuffix("\\") for line in path.read_text().splitlines() if line[:1].isalnum())
    entries = [entry for entry in map(Requirement, lines) if entry.marker is None or entry.marker.evaluate()]
    return {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in entries}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        Path(folder).chmod(0o755)  # for the user of the image
        stage = Replay(Path(folder), ROOT / "Dockerfile").last_stage()
        port = free_port()
        settings = {"COINGLASS_HOST": "127.0.0.1", "COINGLASS_PORT": str(port)}
        command = stage.command([*stage.entrypoint, *stage.cmd, "--sandbox"], **settings)
        with running(command, os.environ, port):
            figure = query(port)
            subprocess.run(stage.command(stage.healthcheck, **settings), check=True)  # noqa: S603  # the Dockerfile's line
        print(f"open interest of the sandbox: {figure}; {_check_contents(stage)} components in the SBOM")  # noqa: T201  # a command


if __name__ == "__main__":
    main()
