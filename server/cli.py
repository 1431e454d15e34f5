"""The command `coinglass-graphql`: serve, schema, endpoints, coverage, documents, doctor, probe, keys.

Each command imports what it needs when it is run: importing the schema takes most of the start.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from server.keys_command import add_keys, run_keys
from server.sandbox_notice import MARKET, SANDBOX_NOTICES
from server.startup import exempt_imports

if TYPE_CHECKING:
    from server.settings import Settings

_OVERRIDES = ("host", "port", "workers", "trusted_documents", "trusted_only")  # settings that options override
_PRINTED = ("schema", "endpoints", "coverage")
_BROKEN_PIPE = 141  # what shells report for SIGPIPE


class _Parser(argparse.ArgumentParser):
    """Reports a fault in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="coinglass-graphql", description="One typed GraphQL graph over the CoinGlass v4 API.")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", parser_class=_Parser)
    serving = commands.add_parser("serve", help="start the server")
    serving.add_argument("--host", help="address to listen on (COINGLASS_HOST)")
    serving.add_argument("--port", help="port to listen on, 0 for a free one (COINGLASS_PORT)")
    serving.add_argument("--workers", help="worker processes (COINGLASS_WORKERS)")
    _add_sandbox(serving, "serve")
    serving.add_argument(
        "--trusted-documents", metavar="FILE|DIR", help="manifest of trusted documents (COINGLASS_TRUSTED_DOCUMENTS)"
    )
    serving.add_argument(
        "--trusted-only", action="store_const", const="on", help="execute no other documents (COINGLASS_TRUSTED_ONLY)"
    )
    printing = commands.add_parser("schema", help="print the SDL")
    printing.add_argument("--subgraph", action="store_true", help="as routers compose it, with Federation's directives")
    _add_documents(commands.add_parser("documents", help="extract and check manifests of trusted documents"))
    commands.add_parser("endpoints", help="print the fields with their endpoints and plans")
    commands.add_parser("coverage", help="print the fields of each type by plan, as in docs/coverage.md")
    examining = commands.add_parser("doctor", help="check key, plan, quota and reachability")
    examining.add_argument("--shared", action="store_true", help="check the store of COINGLASS_SHARED_URL instead")
    _add_probe(
        commands.add_parser("probe", help="call every endpoint of the plan and compare the answers with the catalogue")
    )
    add_keys(commands.add_parser("keys", help="create, list and revoke the keys of callers"), _Parser)
    return parser


def _add_sandbox(parser: argparse.ArgumentParser, verb: str) -> None:
    parser.add_argument(
        "--sandbox",
        nargs="?",
        const=MARKET,
        choices=[*SANDBOX_NOTICES],
        help=f"{verb} a sandbox instead of CoinGlass, with a modelled market or documented samples; needs no key",
    )


def _add_documents(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, parser_class=_Parser)
    extracting = actions.add_parser("extract", help="print a manifest of the operations in files and folders")
    extracting.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help=".graphql files, or TypeScript, JavaScript and Python sources with gql templates, or folders of them",
    )
    checking = actions.add_parser("check", help="check a manifest against the schema and the limits")
    checking.add_argument("manifest", type=Path, metavar="MANIFEST")


def _add_probe(parser: argparse.ArgumentParser) -> None:
    _add_sandbox(parser, "call")
    parser.add_argument(
        "--group",
        action="append",
        default=[],
        help="only this group, such as futures or futures/liquidation; repeatable",
    )
    parser.add_argument("--calls", type=_count, help="send at most this many requests")
    parser.add_argument("--all", action="store_true", help="also call what the plan does not include")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--record", type=Path, metavar="DIR", help="save the answers without the key")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    try:
        status = _run_command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has left, as in `doctor | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return _BROKEN_PIPE
    return status


def _run_command(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        sys.stdout.write(_version() if options.version else parser.format_help())
        return 0
    if options.command in _PRINTED:
        return _print(options)
    if options.command == "keys":
        return run_keys(options, os.environ)
    with exempt_imports():
        from server.environment import unknown_variables
        from server.settings import VARIABLES, Settings, SettingsError
    env = _environment(options)
    for warning in unknown_variables(VARIABLES, env):
        sys.stderr.write(f"coinglass-graphql: {warning}\n")
    try:
        if options.command == "serve":
            _serve(env, sandbox=options.sandbox)
            return 0
        return _run(Settings.from_env(env), options)
    except SettingsError as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return 2


def _run(settings: "Settings", options: argparse.Namespace) -> int:
    match options.command:
        case "doctor":
            return _doctor(settings, shared=options.shared)
        case "documents":
            return _documents(settings, options)
        case _:
            return _probe(settings, options)


def _print(options: argparse.Namespace) -> int:
    from schema.capabilities import coverage, table
    from served_schema.build import build

    schema = build()
    if options.command == "schema":
        text = schema.subgraph_sdl if options.subgraph else schema.sdl
    else:
        text = (table if options.command == "endpoints" else coverage)(schema._schema)  # noqa: SLF001  # Strawberry has no public access
    sys.stdout.write(text)
    return 0


def _version() -> str:
    from importlib.metadata import version

    return f"coinglass-graphql {version('coinglass-graphql')}\n"


def _serve(env: Mapping[str, str], *, sandbox: str | None) -> None:
    from server.serve import live_faults, serve, start_faults
    from server.settings import Settings

    checks = (live_faults, start_faults) if sandbox is None else (start_faults,)
    os.environ.update(env)
    serve(Settings.from_env(env, *checks), os.environ, sandbox=sandbox)


def _doctor(settings: "Settings", *, shared: bool) -> int:
    if shared and settings.shared_url is not None:
        from server.doctor_store import examine_store

        return asyncio.run(examine_store(settings, settings.shared_url))
    if shared:
        sys.stdout.write("store    none: set COINGLASS_SHARED_URL to let several servers behave as one\n")
        return 2
    from server.doctor import examine

    return asyncio.run(examine(settings))


def _documents(settings: "Settings", options: argparse.Namespace) -> int:
    from server.documents import check, extract

    return extract(options.paths) if options.action == "extract" else check(options.manifest, settings)


def _probe(settings: "Settings", options: argparse.Namespace) -> int:
    from probe.command import ProbeOptions, probe
    from server.serve import against_sandbox

    probe_options = ProbeOptions(
        groups=options.group,
        max_calls=options.calls,
        with_gated=options.all,
        json_file=options.json,
        record_folder=options.record,
    )
    with against_sandbox(settings, options.sandbox) if options.sandbox else contextlib.nullcontext(settings) as probed:
        return asyncio.run(probe(probed.client_config(), probe_options))


def _environment(options: argparse.Namespace) -> dict[str, str]:
    """Return the environment, overridden by the options."""
    overrides = {f"COINGLASS_{name.upper()}": getattr(options, name, None) for name in _OVERRIDES}
    return dict(os.environ) | {name: value for name, value in overrides.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main())
