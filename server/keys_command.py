"""The commands `keys create`, `keys list` and `keys revoke`."""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from callers.caller import SCOPES, Budget
from callers.key_commands import InvalidKeyCommand, create_key, revoke_keys
from callers.key_file import KeyFileError, StoredKey, read_keys

_SELECTOR: Final = "name of a caller, all of whose keys are revoked, or the prefix of one key, as `keys list` prints it"
_BUDGET: Final = ("calls_per_minute", "calls_per_day", "values_per_minute", "values_per_day")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_keys(parser: argparse.ArgumentParser, parser_class: type[argparse.ArgumentParser]) -> None:
    """Add the arguments of `keys` to its parser."""
    parser.add_argument("--file", type=Path, help="file of the keys (COINGLASS_KEY_FILE)")
    actions = parser.add_subparsers(dest="action", required=True, parser_class=parser_class)
    creating = actions.add_parser("create", help="create a key and print it, this time only")
    creating.add_argument("name", help="name of the caller; the keys of a name share their turn and budget")
    creating.add_argument("--expires", type=_lifetime, metavar="90d", help="how long the key is valid: 30m, 12h, 90d")
    creating.add_argument("--scope", action="append", default=[], choices=SCOPES, help="what else the key opens")
    for name in _BUDGET:
        creating.add_argument(f"--{name.replace('_', '-')}", type=_limit, metavar="N", help="part of the budget")
    actions.add_parser("list", help="list the keys, without the keys themselves")
    revoking = actions.add_parser("revoke", help="revoke keys; running servers notice within a second")
    revoking.add_argument("selector", metavar="name|prefix", help=_SELECTOR)


def run_keys(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Return the exit status: 0, or 2 if nothing was done."""
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        sys.stdout.write(_result(options, _path(options, environment), now))
    except (InvalidKeyCommand, KeyFileError) as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return 2
    return 0


def _path(options: argparse.Namespace, environment: Mapping[str, str]) -> Path:
    path = options.file or environment.get("COINGLASS_KEY_FILE")
    if not path:
        raise InvalidKeyCommand("set COINGLASS_KEY_FILE, or name the file of keys with --file")
    return Path(path)


def _result(options: argparse.Namespace, path: Path, now: datetime) -> str:
    """Do what the options say, and return what to print."""
    if options.action == "list":
        return _table(read_keys(path).keys, now)
    if options.action == "revoke":
        revoked = revoke_keys(path, options.selector, now)
        lines = [f"revoked {stored.prefix}… of {stored.name}" for stored in revoked]
        count = "1 key" if len(revoked) == 1 else f"{len(revoked)} keys"
        return "\n".join([*lines, f"{count} revoked"]) + "\n"
    limits = {name: getattr(options, name) for name in _BUDGET}
    budget = None if all(limit is None for limit in limits.values()) else Budget(**limits)
    key = create_key(path, options.name, now, lifetime=options.expires, scopes=options.scope, budget=budget)
    return f"{key}\n"


def _table(keys: Sequence[StoredKey], now: datetime) -> str:
    rows = [("KEY", "NAME", "STATE", "CREATED", "EXPIRES", "SCOPES", "BUDGET")]
    rows += [
        (
            f"{stored.prefix}…",
            stored.name,
            _state(stored, now),
            f"{stored.created:%Y-%m-%d}",
            f"{stored.expires:%Y-%m-%dT%H:%MZ}" if stored.expires else "never",
            ",".join(stored.scopes) or "-",
            _budget(stored.budget),
        )
        for stored in keys
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


def _state(stored: StoredKey, now: datetime) -> str:
    if stored.revoked is not None:
        return "revoked"
    return "expired" if stored.expires is not None and stored.expires <= now else "valid"


def _budget(budget: Budget | None) -> str:
    limits = {name: getattr(budget, name, None) for name in _BUDGET}
    return ",".join(f"{name}={limit}" for name, limit in limits.items() if limit is not None) or "-"


def _lifetime(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([mhdw])", text, re.ASCII)
    if match is None or int(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"must be minutes, hours, days or weeks such as 30m, 12h or 90d, not {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)
