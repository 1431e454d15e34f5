"""The command `coinglass-graphql`: serve, schema, doctor."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from schema.build import build
from schema.capabilities import table
from server.doctor import examine
from server.serve import serve
from server.settings import Settings, SettingsError


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="coinglass-graphql", description="One typed GraphQL graph over the CoinGlass v4 API.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    serving = commands.add_parser("serve", help="start the server")
    serving.add_argument("--host", help="address to listen on (COINGLASS_HOST)")
    serving.add_argument("--port", help="port to listen on, 0 for a free one (COINGLASS_PORT)")
    serving.add_argument("--workers", help="processes that serve (COINGLASS_WORKERS)")
    serving.add_argument("--sandbox", action="store_true", help="documented samples instead of CoinGlass; needs no key")
    commands.add_parser("schema", help="print the SDL")
    commands.add_parser("endpoints", help="print the fields with their endpoints and plans")
    commands.add_parser("doctor", help="check key, plan, quota and reachability")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    if chosen.command == "schema":
        sys.stdout.write(build().as_str() + "\n")
        return 0
    if chosen.command == "endpoints":
        sys.stdout.write(table(build()._schema))  # noqa: SLF001  # Strawberry shows it in no other way
        return 0
    try:
        settings = Settings.from_env(_environment(chosen))
        if chosen.command == "doctor":
            return asyncio.run(examine(settings))
        serve(settings, sandbox=chosen.sandbox)
    except SettingsError as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return 2
    return 0


def _environment(chosen: argparse.Namespace) -> dict[str, str]:
    """The environment, in which an option stands above its variable."""
    options = {f"COINGLASS_{name.upper()}": getattr(chosen, name, None) for name in ("host", "port", "workers")}
    return dict(os.environ) | {name: value for name, value in options.items() if value is not None}
