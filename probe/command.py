"""`coinglass-graphql probe`: calls every endpoint of the plan and reports differences from the catalogue."""

import asyncio
import contextlib
import dataclasses
import json
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from cg_client.client_config import ClientConfig
from cg_client.transport import http_transport
from probe.findings import ProbeResult
from probe.recorder import HTTPExchange, Recorder, save_record
from probe.redaction import KeyRedaction, KeyStaysError
from probe.report import UNUSABLE, Report
from probe.runner import Runner
from probe.targets import candidates, groups
from served_schema.build import build
from served_schema.decoders import decoders

_BAR_WIDTH = 24


@dataclass(frozen=True, kw_only=True)
class ProbeOptions:
    """The options of the command line; no `groups` means all, `max_calls` None means unlimited."""

    groups: Sequence[str] = ()
    max_calls: int | None = None
    with_gated: bool = False
    json_file: Path | None = None
    record_folder: Path | None = None


class UnusableError(Exception):
    """The probe cannot begin; the message is one line with the reason."""


async def probe(config: ClientConfig, options: ProbeOptions) -> int:
    """Print the table; return 0 if all is as stated, 1 if something differs, 2 if CoinGlass cannot be used."""
    try:
        _check(config, options)
    except UnusableError as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return UNUSABLE
    redaction = KeyRedaction(config.api_key)
    runner = _probe(config, options, redaction)
    progress = Progress(sys.stderr)
    runner.on_call = progress.show
    try:
        interrupted = await _until_interrupted(runner)
    finally:
        progress.clear()
        await runner.client.close()
    report = Report.of(runner, interrupted=interrupted)
    sys.stdout.write(report.table())
    if options.json_file is not None:
        try:
            options.json_file.write_text(json.dumps(report.json(), indent=2) + "\n")
        except OSError as error:
            sys.stderr.write(f"coinglass-graphql: cannot write to {options.json_file}: {error.strerror}\n")
            return UNUSABLE
    return report.exit_status


def _check(config: ClientConfig, options: ProbeOptions) -> None:
    """Raise UnusableError for faults that would otherwise appear after requests were spent."""
    if not config.api_key:
        raise UnusableError("COINGLASS_API_KEY is not set: probe calls CoinGlass with your key")
    unknown = [group for group in options.groups if group not in groups()]
    if unknown:
        names = ", ".join(group for group in groups() if "/" not in group)
        raise UnusableError(f"no group {', '.join(unknown)}; there are {names}, and parts such as futures/liquidation")
    try:
        if options.record_folder is not None:
            options.record_folder.mkdir(parents=True, exist_ok=True)
        if options.json_file is not None:
            options.json_file.open("a").close()
    except OSError as error:
        raise UnusableError(f"cannot write to {error.filename}: {error.strerror}") from error


def _probe(config: ClientConfig, options: ProbeOptions, redaction: KeyRedaction) -> Runner:
    config = dataclasses.replace(config, workers=1)  # the probe uses the whole quota
    runner = Runner.of(
        config,
        Recorder(http_transport(config.base_url, config.connections, config.proxy), options.max_calls),
        decoders(build()._schema),  # noqa: SLF001  # Strawberry shows it in no other way
        candidates(options.groups),
    )
    runner.with_gated, runner.redact = options.with_gated, redaction.text
    if options.record_folder is not None:
        runner.on_result = partial(_save, options.record_folder, redaction)
    return runner


def _save(folder: Path, redaction: KeyRedaction, result: ProbeResult, exchange: HTTPExchange) -> None:
    try:
        save_record(folder, redaction, result, exchange)
    except (KeyStaysError, OSError) as error:
        sys.stderr.write(f"\ncoinglass-graphql: {result.endpoint.path} is not saved: {error}\n")


async def _until_interrupted(runner: Runner) -> bool:
    """Run until all endpoints are called, or until Ctrl-C or SIGTERM; return whether that came."""
    task, loop = asyncio.create_task(runner.run()), asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return task.cancelled()


class Progress:
    """A line on the terminal with the progress of the probe; nothing if there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._length = stream, 0
        self._is_shown = stream.isatty()

    def show(self, done: int, total: int, path: str) -> None:
        if self._is_shown:
            bar = "#" * (_BAR_WIDTH * done // max(1, total))
            self._write(f"[{bar:.<{_BAR_WIDTH}}] {done} of {total}  {path}")

    def clear(self) -> None:
        if self._is_shown:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]  # a wrapped line cannot be overwritten
        self._stream.write(f"\r{line:<{self._length}}")
        self._stream.flush()
        self._length = len(line)
