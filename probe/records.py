"""Saves answers as they came, one file for each endpoint, without the key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from probe.findings import Result
from probe.recorder import Exchange
from probe.redaction import Redaction
from sandbox.samples import file_name

_SOURCE = "coinglass-graphql probe"


@dataclass(frozen=True)
class Records:
    """Writes into `folder`; `today` is that of the recording."""

    folder: Path
    redaction: Redaction
    today: Callable[[], date]

    def save(self, result: Result, exchange: Exchange) -> None:
        """Write the answer of the result, whose parameters are redacted already; raises KeyStaysError and OSError."""
        body = self.redaction.body(exchange.body)
        record = {
            "path": result.endpoint.path,
            "params": result.params,
            "recorded_on": self.today().isoformat(),
            "source": _SOURCE + (" of the sandbox" if "x-coinglass-source" in exchange.headers else ""),
            "exact": body == exchange.body,
            "rows_recorded": result.rows,
            "rows_kept": result.rows,
            "body": msgspec.Raw(body),
        }
        (self.folder / record_name(result.endpoint.path)).write_bytes(msgspec.json.encode(record) + b"\n")


def record_name(path: str) -> str:
    """Return the file's name: `/api/index/puell-multiple` is in `index.puell_multiple.json`."""
    return file_name(path).lower().replace("-", "_")
