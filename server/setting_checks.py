"""Checks of settings that depend on each other."""

import importlib.util
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from server.collector import INSTALL
from server.environment import SettingFault

if TYPE_CHECKING:
    from server.settings import Settings

CLIENT_PACKAGES: Final = ("redis", "hiredis")
INSTALL_SHARED: Final = "pip install 'coinglass-graphql[shared]'"
_CALLER_SETTINGS = {"keys": ("key_file",), "jwt": ("jwt_issuer", "jwt_audience", "jwks_url")}


def _document_faults(settings: "Settings") -> Iterator[SettingFault]:
    if settings.trusted_only and settings.trusted_documents is None:
        yield SettingFault(
            ("COINGLASS_TRUSTED_ONLY", "COINGLASS_TRUSTED_DOCUMENTS"),
            "COINGLASS_TRUSTED_ONLY needs COINGLASS_TRUSTED_DOCUMENTS: nothing else would be executed",
        )


def _caller_faults(settings: "Settings") -> Iterator[SettingFault]:
    """Yield what COINGLASS_CALLERS needs and lacks, and what it does not need: a mistake may leave the server open."""
    for mode, names in _CALLER_SETTINGS.items():
        for name in names:
            variable = settings.__dataclass_fields__[name].metadata["variable"]
            is_set, variables = getattr(settings, name) is not None, ("COINGLASS_CALLERS", variable)
            if mode == settings.callers and not is_set:
                yield SettingFault(variables, f"COINGLASS_CALLERS is {mode}, which needs {variable}")
            elif mode != settings.callers and is_set:
                text = f"{variable} is set, but COINGLASS_CALLERS is {settings.callers}, not {mode}"
                yield SettingFault(variables, text)


def _admin_faults(settings: "Settings") -> Iterator[SettingFault]:
    """Yield what is wrong with the address for operators; the port tells the two addresses apart."""
    port = settings.admin_port
    if port is None and settings.admin_host != type(settings).admin_host:
        text = "COINGLASS_ADMIN_HOST is set, but COINGLASS_ADMIN_PORT is not"
        yield SettingFault(("COINGLASS_ADMIN_HOST", "COINGLASS_ADMIN_PORT"), text)
    if port and port == settings.port:
        text = f"COINGLASS_ADMIN_PORT is {port}, as COINGLASS_PORT: each needs its own port"
        yield SettingFault(("COINGLASS_ADMIN_PORT", "COINGLASS_PORT"), text)


def _trace_faults(settings: "Settings") -> Iterator[SettingFault]:
    if settings.traces and not settings.collector.is_installed:
        text = f"COINGLASS_TRACES is on, but OpenTelemetry is not installed: {INSTALL}"
        yield SettingFault(("COINGLASS_TRACES",), text)


def _shared_faults(settings: "Settings") -> Iterator[SettingFault]:
    address = settings.shared_url
    if address is None:
        return
    variables = ("COINGLASS_SHARED_URL",)
    if not all(importlib.util.find_spec(name) for name in CLIENT_PACKAGES):
        yield SettingFault(variables, f"COINGLASS_SHARED_URL is set, but its client is not installed: {INSTALL_SHARED}")
    if address.ca_file is not None and not os.access(address.ca_file, os.R_OK):
        yield SettingFault(variables, f"COINGLASS_SHARED_URL: cannot read its ca_file {address.ca_file}")


CHECKS = (_document_faults, _caller_faults, _admin_faults, _trace_faults, _shared_faults)
