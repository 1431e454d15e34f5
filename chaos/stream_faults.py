"""What CoinGlass' WebSocket can do while subscribers of all protocols watch a channel."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from chaos import clock_server
from chaos.leftovers import leftovers, resources_of, used_once
from chaos.numbered import Numbered, numbers, silent_losses
from chaos.outcomes import summary
from chaos.rig import UNLIMITED, Rig, rig
from chaos.subscribers import (
    LIQUIDATIONS,
    STREAMS,
    Watch,
    socket_client,
    stream_client,
    until,
)
from chaos.upgraded_plan import TRADES
from chaos.verdict import Effort, Verdict

NOTICE_SECONDS: Final = 30.0  # seconds
BACK_WITHIN: Final = 30.0  # after CoinGlass has recovered: the longest pause between two connections is 20 s
SOCKETS: Final = 2
SUBSCRIPTIONS: Final = 8  # on each
BURST: Final = 10_000
_DAY, _HOUR = 86_400, 3_600
_NEAR: Final = 30.0  # seconds: of the time that a clock shows, where jumps are much longer
_UPDATE: Final = "LiveLiquidationsUpdate"
_LOST: Final = ("UPSTREAM_ERROR",)
_UNANSWERED: Final = ("UPSTREAM_ERROR", "TIMEOUT")

Act: TypeAlias = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Watched:
    """Subscribers, and the events that are published for them."""

    tested: Rig
    watches: Sequence[Watch]
    feeder: Numbered
    verdicts: list[Verdict] = field(default_factory=list)

    async def flow(self, seconds: float) -> float | None:
        """Wait until each has an event that was published from now on."""
        number = self.feeder.next
        return await until(lambda: all(_latest(watch) >= number for watch in self.watches), seconds)

    async def trial(self, name: str, act: Act, codes: Collection[str] = (), heal: Act | None = None) -> None:
        """Do something, wait until all are told a problem with one of the codes, heal, and wait for events.

        Without codes, subscribers notice nothing, and get everything.
        """
        started = time.monotonic()
        await act()
        seconds = None
        if codes:
            seconds = await until(
                lambda: all(set(item.kinds(started)) & set(codes) for item in self.watches), NOTICE_SECONDS
            )
        else:
            await asyncio.sleep(1)
        if heal is not None:
            await heal()
        back = await self.flow(BACK_WITHIN)
        breaches = [] if seconds is not None or not codes else [f"not all told within {NOTICE_SECONDS:g} s"]
        breaches += [breach for item in self.watches for breach in _breaches(item, item.kinds(started), codes)]
        reached = min(map(_latest, self.watches))
        breaches += [loss for item in self.watches for loss in silent_losses(item, self.feeder.sent, reached)]
        kinds = dict.fromkeys(kind for item in self.watches for kind in item.kinds(started) if kind != _UPDATE)
        text = f"told {', '.join(kinds) or 'nothing'}" + (f" ({seconds:.1f} s)" if seconds is not None else "")
        text += f"; events after {back:.1f} s" if back is not None else "; no events again"
        bound = f"told {' or '.join(codes)} ≤ {NOTICE_SECONDS:g} s" if codes else "told nothing"
        bound += ", RESUMED" if codes and "RESUMED" not in codes else ""
        bound += f", events ≤ {BACK_WITHIN:g} s, none lost in silence"
        holds = back is not None and not breaches
        self.verdicts.append(Verdict(f"stream: {name}", bound, text + summary(breaches), holds))


def _breaches(watch: Watch, kinds: Sequence[str], codes: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with what a subscriber was told in the course of a fault."""
    if watch.end or watch.errors:
        yield f"{watch.label} ended: {watch.end} {watch.errors}"
    notices = [kind for kind in kinds if kind != _UPDATE]
    if not codes and notices:
        yield f"{watch.label} was told {notices}"
    if codes and (set(notices) - {*codes, "RESUMED"} or notices[-1:] != ["RESUMED"]):
        yield f"{watch.label} was told {notices}"


def _latest(watch: Watch) -> int:
    for item in reversed(watch.received):
        if matches := numbers([item]):
            return matches[-1]
    return 0


@contextlib.asynccontextmanager
async def watched(tested: Rig) -> AsyncIterator[Watched]:
    """Start subscribers of all protocols and the numbered events, and wait until they flow."""
    await tested.upstream.change("live", model=False)
    async with contextlib.AsyncExitStack() as stack:
        watches: list[Watch] = []
        for number in range(SOCKETS):
            client = await stack.enter_async_context(socket_client(tested.server.url))
            for index in range(SUBSCRIPTIONS):
                watch = await client.subscribe(LIQUIDATIONS)
                watch.label = f"WebSocket {number}.{index}"
                watches.append(watch)
        streams = [stream_client(tested.server.url, kind, LIQUIDATIONS) for kind in STREAMS]
        watches += [await stack.enter_async_context(stream) for stream in streams]
        feeder = Numbered(tested.upstream.process.url)
        task = asyncio.create_task(feeder.run())
        stack.callback(task.cancel)
        this = Watched(tested, watches, feeder)
        if await this.flow(BACK_WITHIN) is None:
            raise RuntimeError(
                f"No events at first: {[(item.label, item.kinds(), item.errors) for item in watches][:2]}"
            )
        yield this


async def stream(_: Effort) -> list[Verdict]:
    """Faults that are over at once, refused connections, and clocks that jump."""
    async with rig("professional", UNLIMITED, "chaos.clock_server") as tested:
        await used_once(tested)
        before = await resources_of(tested)
        async with watched(tested) as this:
            await _momentary(this)
            await _burst(this)
            await _handshakes(this)
            await _plan(this)
            await _clocks(this)
        return [*this.verdicts, await leftovers(tested, before, "faults of the stream")]


async def silence(_: Effort) -> list[Verdict]:
    """Faults that are noticed only because nothing comes, and names that change."""
    async with rig() as tested:
        await used_once(tested)
        before = await resources_of(tested)
        async with watched(tested) as this:
            upstream = tested.upstream
            await this.trial("silent", lambda: upstream.break_stream("SILENT"), ("NO_DATA",), upstream.heal_stream)
            await this.trial("dead line", lambda: _dead(this), _UNANSWERED, upstream.heal_stream)
            await this.trial("other names", lambda: _renamed(this, "snake"), ("RESUMED",))
            await this.trial("DROP and other names", lambda: _renamed(this, "camel", "DROP"), _LOST)
        return [*this.verdicts, await leftovers(tested, before, "silence")]


async def _momentary(this: Watched) -> None:
    upstream = this.tested.upstream
    for kind in ("GARBAGE", "UNKNOWN_CHANNEL"):
        await this.trial(kind, lambda kind=kind: upstream.break_stream(kind))  # type: ignore[misc]  # mypy infers no lambda with defaults
    for kind in ("DROP", "CLOSE", "HALF_FRAME", "OVERSIZED"):
        await this.trial(kind, lambda kind=kind: upstream.break_stream(kind), _LOST)  # type: ignore[misc]  # likewise


async def _burst(this: Watched) -> None:
    await this.trial("burst of 10,000 events", lambda: this.tested.upstream.break_stream("BURST", events=BURST))
    for watch in this.watches:
        await until(lambda watch=watch: _burst_events(watch) == BURST, 5)  # type: ignore[misc]  # likewise
    got = [_burst_events(watch) for watch in this.watches]
    text = f"{min(got)} to {max(got)} of {BURST} reached {len(got)} subscribers"
    this.verdicts.append(Verdict("stream: every event of the burst", "each once", text, set(got) == {BURST}))


def _burst_events(watch: Watch) -> int:
    got = [number for number in numbers(watch.received) if number <= BURST]
    return len(got) if len(set(got)) == len(got) else 0


async def _handshakes(this: Watched) -> None:
    upstream = this.tested.upstream
    for kind, options in (("REJECT_HANDSHAKE", {"status": 503}), ("HANG_HANDSHAKE", {})):

        async def act(kind: str = kind, options: dict[str, Any] = options) -> None:
            await upstream.break_stream(kind, **options)
            await upstream.break_stream("DROP")

        await this.trial(f"DROP and {kind}", act, _UNANSWERED, upstream.heal_stream)


async def _clocks(this: Watched) -> None:
    upstream, pid = this.tested.upstream, this.tested.server.pid

    async def jump(seconds: float) -> None:
        this.feeder.ahead = seconds
        await upstream.change("clock", ahead=seconds)

    for label, seconds in (("a day ahead", _DAY), ("an hour back", -_HOUR), ("right again", 0)):
        await this.trial(f"CoinGlass' clock jumps {label}", lambda seconds=seconds: jump(seconds))  # type: ignore[misc]  # likewise
    for label, number, seconds in (
        ("a day ahead", clock_server.AHEAD, _DAY),
        ("an hour back", clock_server.BACK, -_HOUR),
    ):

        async def act(number: int = number, seconds: float = seconds) -> None:
            os.kill(pid, number)
            this.feeder.server_ahead += seconds
            if await until(lambda: abs(_server_ahead(this.watches[0]) - this.feeder.server_ahead) < _NEAR, 5) is None:
                raise RuntimeError(f"The server's clock did not jump by {seconds:g} s")

        await this.trial(f"the server's clock jumps {label}", act)
        await this.trial(f"DROP after the clock jumped {label}", lambda: upstream.break_stream("DROP"), _LOST)


def _server_ahead(watch: Watch) -> float:
    """Return by how many seconds the server's clock was ahead when it received the newest event."""
    source = next(item.event["data"]["source"] for item in reversed(watch.received) if "data" in item.event)
    return datetime.fromisoformat(source["fetchedAt"]).timestamp() - time.time()


async def _plan(this: Watched) -> None:
    """Refuse a new channel: its subscriber is told, and the others notice nothing."""
    upstream = this.tested.upstream
    async with socket_client(this.tested.server.url) as client:

        async def act() -> None:
            await upstream.break_stream("REFUSE_PLAN")
            refused = await client.subscribe(TRADES)
            if await until(lambda: "PLAN_REQUIRED" in refused.kinds(), NOTICE_SECONDS) is None:
                raise RuntimeError(f"The channel was not refused: {refused.kinds()} {refused.errors}")

        await this.trial("another channel refused by plan", act, (), upstream.heal_stream)


async def _dead(this: Watched) -> None:
    for kind in ("SILENT", "NO_PONG"):
        await this.tested.upstream.break_stream(kind)


async def _renamed(this: Watched, naming: str, *faults: str) -> None:
    """Let CoinGlass know the channel by its other name alone."""
    await this.tested.upstream.change("live", naming=naming)
    for kind in faults:
        await this.tested.upstream.break_stream(kind)
    this.feeder.channel = "liquidation_orders" if naming == "snake" else "liquidationOrders"
