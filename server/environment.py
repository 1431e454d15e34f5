"""Reads the variables of settings from the environment, or secrets from the files that it names."""

import dataclasses
import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

PREFIX: Final = "COINGLASS_"
_OF_THE_BUILD: Final = ("COINGLASS_GRAPHQL_UI",)  # which nothing reads here
_FILE: Final = "_FILE"  # after the name of a secret: the file that has it
_MAX_SECRET: Final = 4096  # characters, with its line break
_SIMILAR: Final = 0.6  # of 1

Variable: TypeAlias = "dataclasses.Field[Any]"
"""A field of the settings: its metadata has `variable`, `parse` and `has_secret`."""


class SettingFault(NamedTuple):
    """What is wrong with settings that depend on each other: the variables that it is about, and its text."""

    variables: tuple[str, ...]
    text: str


@dataclass
class Values:
    """What was read, by the names of fields. `faults`: a text for each; `faulty`: the variables they are about."""

    by_field: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)

    def add_fault(self, variable: str, fault: str) -> None:
        self.faults.append(fault)
        self.faulty.add(variable)

    def add_faults(self, faults: Iterable[SettingFault]) -> None:
        """Add faults of several settings together, except those that follow from a fault of one."""
        self.faults += [text for variables, text in faults if self.faulty.isdisjoint(variables)]


class UnreadableSecret(Exception):
    """A secret cannot be read from its file; the message names the variable, and never has the content."""


def read(variables: Sequence[Variable], env: Mapping[str, str]) -> Values:
    """Read and parse what is set. An empty variable counts as not set."""
    values = Values()
    for setting in variables:
        name, has_secret = setting.metadata["variable"], setting.metadata["has_secret"]
        source, text = name, env.get(name, "")
        try:
            if has_secret and env.get(name + _FILE):
                source, text = name + _FILE, _secret(name, env)
            if text:
                values.by_field[setting.name] = setting.metadata["parse"](text)
        except UnreadableSecret as error:
            values.add_fault(name, str(error))
        except ValueError as error:
            values.add_fault(name, f"{source} {error}" + ("" if has_secret else f", not {text!r}"))
    return values


def _secret(name: str, env: Mapping[str, str]) -> str:
    """Read a secret from its file. Raises UnreadableSecret."""
    path = env[name + _FILE]
    if env.get(name):
        raise UnreadableSecret(f"{name} and {name}{_FILE} are both set: unset one of them")
    try:
        content = _start_of(Path(path)).removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise UnreadableSecret(f"{name}{_FILE}: cannot read {path} ({error.strerror})") from error
    except UnicodeDecodeError:
        raise UnreadableSecret(f"{name}{_FILE}: {path} is not a text in UTF-8") from None
    if not 0 < len(content) < _MAX_SECRET or "\n" in content:
        raise UnreadableSecret(f"{name}{_FILE}: {path} has not one line of at most {_MAX_SECRET - 1} characters")
    return content


def _start_of(path: Path) -> str:
    """Read as much as a secret may have: a device would never end, and a pipe could wait for ever."""
    with open(path, encoding="utf-8", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        return file.read(_MAX_SECRET)


def unknown_variables(variables: Sequence[Variable], env: Mapping[str, str]) -> list[str]:
    """Return a warning for each variable with our prefix that is no setting. The value may be a secret."""
    names = [setting.metadata["variable"] for setting in variables]
    names += [setting.metadata["variable"] + _FILE for setting in variables if setting.metadata["has_secret"]]
    recognized = {*names, *_OF_THE_BUILD}
    return [_warning(name, names) for name in sorted(env) if name.startswith(PREFIX) and name not in recognized]


def _warning(name: str, names: Sequence[str]) -> str:
    if (setting := name.removesuffix(_FILE)) in names:
        return f"{name} has no effect: {setting} is not a secret, which could be in a file"
    suffixes = [listed.removeprefix(PREFIX) for listed in names]
    nearest = difflib.get_close_matches(name.removeprefix(PREFIX), suffixes, 1, _SIMILAR)
    remedy = f"did you mean {PREFIX}{nearest[0]}?" if nearest else "docs/settings.md lists the settings"
    return f"{name} is not a setting and has no effect: {remedy}"
