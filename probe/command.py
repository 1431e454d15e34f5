"""`coinglass-graphql probe`: asks every endpoint of the plan and reports where CoinGlass differs from the catalogue."""

import asyncio
import contextlib
import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cg_client.client import ClientConfig
from cg_client.transport import http_transport
from probe.findings import Result
from probe.progress import Progress
from probe.recorder import Exchange, Recorder
from probe.records import Records
from probe.redaction import KeyStaysError, Redaction
from probe.report import UNUSABLE, Report
from probe.runner import Runner
from probe.selection import candidates, groups
from served_schema.build import build
from served_schema.decoders import decoders


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says. `groups` none: all; `max_calls` None: as many as there are endpoints."""

    groups: Sequence[str] = ()
    max_calls: int | None = None
    with_gated: bool = False
    json_file: Path | None = None
    record_folder: Path | None = None


class UnusableError(Exception):
    """The probe cannot begin; the message is one line that says why."""


async def probe(config: ClientConfig, options: Options) -> int:
    """Print the table and return 0 if all is as stated, 1 if something differs, 2 if CoinGlass cannot be used."""
    try:
        _check(config, options)
    except UnusableError as error:
        sys.stderr.write(f"coinglass-graphql: {error}\n")
        return UNUSABLE
    redaction = Redaction(config.api_key)
    runner = _probe(config, options, redaction)
    progress = Progress(sys.stderr)
    runner.on_ask = progress.show
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


def _check(config: ClientConfig, options: Options) -> None:
    """Raise UnusableError for what would fail only after requests were spent."""
    if not config.api_key:
        raise UnusableError("COINGLASS_API_KEY is not set: probe asks CoinGlass with a key of yours")
    unknown = [group for group in options.groups if group not in groups()]
    if unknown:
        whole = ", ".join(group for group in groups() if "/" not in group)
        raise UnusableError(f"no group {', '.join(unknown)}; there are {whole}, and parts such as futures/liquidation")
    try:
        if options.record_folder is not None:
            options.record_folder.mkdir(parents=True, exist_ok=True)
        if options.json_file is not None:
            options.json_file.open("a").close()
    except OSError as error:
        raise UnusableError(f"cannot write to {error.filename}: {error.strerror}") from error


def _probe(config: ClientConfig, options: Options, redaction: Redaction) -> Runner:
    alone = dataclasses.replace(config, workers=1)  # the quota is the probe's as a whole
    runner = Runner.of(
        alone,
        Recorder(http_transport(alone.base_url, alone.connections, alone.proxy), options.max_calls),
        decoders(build()._schema),  # noqa: SLF001  # Strawberry shows it in no other way
        candidates(options.groups),
    )
    runner.with_gated, runner.redact = options.with_gated, redaction.text
    if options.record_folder is not None:
        runner.on_result = _saving(Records(options.record_folder, redaction, lambda: datetime.now(UTC).date()))
    return runner


def _saving(records: Records) -> Callable[[Result, Exchange | None], None]:
    def save(result: Result, exchange: Exchange | None) -> None:
        if exchange is None:
            return
        try:
            records.save(result, exchange)
        except (KeyStaysError, OSError) as error:
            sys.stderr.write(f"\ncoinglass-graphql: {result.endpoint.path} is not saved: {error}\n")

    return save


async def _until_interrupted(runner: Runner) -> bool:
    """Ask until all is asked, or until Ctrl-C or SIGTERM; return whether that came."""
    task, loop = asyncio.create_task(runner.run()), asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return task.cancelled()
