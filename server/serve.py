"""Starts the server: live, or with a sandbox in a process beside it."""

import contextlib
import dataclasses
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, MutableMapping

import native
from callers.key_file import KeyFileError, read_keys
from cg_client.client_config import SOCKET_PATH
from cg_client.secret import Secret
from served_schema.manifest import ManifestError, read_manifest
from server.environment import SettingFault
from server.graceful import GracefulServer
from server.hangup import ignore_hangup
from server.log import configure
from server.sandbox_notice import SANDBOX_NOTICES
from server.server_config import ServerConfig, new_connections
from server.settings import Settings, SettingsError
from server.startup import start_app
from server.workers import serve_with_workers

_NO_KEY = (
    "COINGLASS_API_KEY is not set: set it to serve live data, start with --sandbox for a modelled market, or set "
    "COINGLASS_KEY_HEADER=on to serve only requests that carry a CoinGlass key"
)
_BANNER = """
  *****************************************************************
  *  SANDBOX: {:<52}*
  *  Set COINGLASS_API_KEY to serve live data.                    *
  *****************************************************************
"""


def serve(settings: Settings, environment: MutableMapping[str, str], *, sandbox: str | None) -> None:
    """Serve until interrupted; raises SettingsError if the server cannot start. Workers inherit the environment.

    `sandbox`: the figures of a sandbox to serve instead of CoinGlass'.
    """
    if sandbox is None:
        _run(settings, environment, sandbox=False)
        return
    sys.stderr.write(_BANNER.format(SANDBOX_NOTICES[sandbox]))
    with against_sandbox(settings, sandbox) as sandbox_settings:
        _run(sandbox_settings, environment, sandbox=True)


def _run(settings: Settings, environment: MutableMapping[str, str], *, sandbox: bool) -> None:
    configure(settings.log_level, settings.secret_values())
    if settings.workers > 1:
        _check_documents(settings, environment)  # otherwise each worker would fail
    ignore_hangup()
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(_listen(settings))]
        address, port = listeners[0].getsockname()[:2]
        announcement = _announcement(address, port, sandbox=sandbox)
        settings = dataclasses.replace(settings, replica=settings.replica or f"{socket.gethostname()}:{port}")
        if settings.admin_port is not None:
            listeners.append(stack.enter_context(_listen_for_operators(settings)))
            host, port = listeners[1].getsockname()[:2]
            settings = dataclasses.replace(settings, admin_port=port)
            announcement += f"operators have /metrics and /status at http://{_authority(host, port)}/\n"
        _run_at(listeners, settings, environment, announcement, sandbox=sandbox)


def _run_at(
    listeners: list[socket.socket],
    settings: Settings,
    environment: MutableMapping[str, str],
    announcement: str,
    *,
    sandbox: bool,
) -> None:
    if settings.workers > 1:
        sys.stderr.write(announcement)
        serve_with_workers(settings, environment, listeners, sandbox=sandbox)
        return
    connections = new_connections(settings)
    config = ServerConfig(start_app(settings, connections, sandbox=sandbox), settings, connections)
    with contextlib.suppress(KeyboardInterrupt):
        GracefulServer(config, announcement).run(listeners)


def live_faults(settings: Settings) -> Iterator[SettingFault]:
    if not settings.api_key and not settings.key_header:
        yield SettingFault(("COINGLASS_API_KEY",), _NO_KEY)


def start_faults(settings: Settings) -> Iterator[SettingFault]:
    """Yield what is wrong with the files that the settings name.

    They are read again later: by workers, which could not report a fault in one line, and against the schema, whose
    import takes seconds.
    """
    if settings.key_file is not None:
        try:
            read_keys(settings.key_file)
        except KeyFileError as error:
            text = f"COINGLASS_KEY_FILE: {error}; `coinglass-graphql keys create NAME` creates it"
            yield SettingFault(("COINGLASS_KEY_FILE",), text)
    if settings.trusted_documents is not None:
        try:
            read_manifest(settings.trusted_documents)
        except ManifestError as error:
            yield SettingFault(("COINGLASS_TRUSTED_DOCUMENTS",), f"COINGLASS_TRUSTED_DOCUMENTS: {error}")


def _check_documents(settings: Settings, environment: Mapping[str, str]) -> None:
    """Check trusted documents in another process, so that this one does not import the schema."""
    if settings.trusted_documents is None:
        return
    command = [sys.executable, "-P", "-m", "server.cli", "documents", "check", str(settings.trusted_documents)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # our own module
    if ended.returncode:
        faults = "; ".join((ended.stdout + ended.stderr).splitlines())
        raise SettingsError(f"COINGLASS_TRUSTED_DOCUMENTS: {faults}")


def _announcement(host: str, port: int, *, sandbox: bool) -> str:
    source = "sandbox" if sandbox else "CoinGlass"
    reader = "the compiled reader of rows" if native.COMPILED else "no compiled reader of rows"
    return (
        f"coinglass-graphql serves {source} at http://{_authority(host, port)}/ (GraphQL at /graphql), with {reader}\n"
    )


def _authority(host: str, port: int) -> str:
    """Return host and port as in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listen(settings: Settings) -> socket.socket:
    return _bind(settings.host, settings.port, "COINGLASS_HOST and COINGLASS_PORT")


def _listen_for_operators(settings: Settings) -> socket.socket:
    variables = "COINGLASS_ADMIN_HOST and COINGLASS_ADMIN_PORT"
    return _bind(settings.admin_host, settings.admin_port or 0, variables)


def _bind(host: str, port: int, variables: str) -> socket.socket:
    """Listen on IPv4, or on IPv6 if the host has no other address; `::` is all addresses of both."""
    host = host.removeprefix("[").removesuffix("]")
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        if any(info[0] is socket.AF_INET for info in infos):
            return socket.create_server((host, port))
        has_both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=has_both)
    except OSError as error:
        at = _authority(host, port)
        raise SettingsError(f"{variables}: cannot listen on {at} ({error.strerror})") from error


@contextlib.contextmanager
def against_sandbox(settings: Settings, figures: str) -> Iterator[Settings]:
    """Start a sandbox, and yield the settings with its address and key.

    The key is random: the log shows stars in its place, and must not in place of a word.
    """
    key = secrets.token_hex(16)
    with sandbox_process(settings, key, figures) as address:
        yield dataclasses.replace(
            settings,
            api_key=Secret(key),
            base_url=address,
            socket_url=f"ws{address.removeprefix('http')}{SOCKET_PATH}",
            proxy=None,
            sandbox_figures=figures,
        )


@contextlib.contextmanager
def sandbox_process(settings: Settings, key: str, figures: str) -> Iterator[str]:
    """Start a sandbox in another process, which ends with this one, and yield its address."""
    command = [sys.executable, "-P", "-m", "sandbox", "--tied"]  # -P: imports nothing from the current folder
    command += ["--key", key, "--figures", figures]
    if settings.plan is not None:
        command += ["--plan", settings.plan.name.lower()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own module
        assert process.stdout is not None and process.stdin is not None  # noqa: S101, PT018  # both are pipes
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise SettingsError("the sandbox did not start")
            yield address
        finally:
            process.stdin.close()
            process.wait(timeout=30)
