"""Reads the streams of all channels that a replica follows, and passes their entries on."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from cg_client.clock import Clock
from cg_client.live.channels import Channel
from shared.store.errors import CommandRefused, StoreAway
from shared.store.stream_reader import StreamReader
from shared.streams.followed_channel import FollowedChannel, Following
from shared.streams.stream_store import RawEntry, StreamStore
from shared.streams.stream_times import StreamTimes

log = structlog.get_logger(__name__)

_MAX_ENTRIES: Final = 500  # of a stream that are read at once


class EntryReader:
    """`followed` changes while it runs. It sets `wake` when there is something to look at in the store."""

    def __init__(
        self,
        reader: StreamReader,
        streams: StreamStore,
        clock: Clock,
        times: StreamTimes,
        followed: Mapping[Channel, FollowedChannel],
        wake: asyncio.Event,
    ) -> None:
        self._reader, self._streams, self._clock, self._times = reader, streams, clock, times
        self._followed, self._wake = followed, wake
        self._news = "0-0"
        self.failing_since: float | None = None  # when the first of the last reads began, all of which failed

    async def run(self) -> None:
        while True:
            began = self._clock.monotonic()
            try:
                await self._read(began)
                self.failing_since = None
                continue
            except (StoreAway, CommandRefused):
                pass
            except Exception:
                if self.failing_since is None:
                    log.exception("the shared streams could not be read")
            self.failing_since = began if self.failing_since is None else self.failing_since
            await self._clock.sleep(self._times.block)

    async def _read(self, now: float) -> None:
        """`now`: what is appended later may not be in the reply."""
        following = {
            self._streams.events(channel): item for channel, item in self._followed.items() if _is_readable(item)
        }
        after = {name: item.read_after for name, item in following.items()}
        reply = await self._reader.read({self._streams.news: self._news} | after, self._times.block, _MAX_ENTRIES)
        if news := reply.pop(self._streams.news, None):
            self._news = news[-1][0]
            self._wake.set()
        for name, item in following.items():
            if item.read_after == after[name] and _is_readable(item):
                self._pass_on(item, reply.get(name, ()), now)

    async def close(self) -> None:
        await self._reader.close()

    def _pass_on(self, followed: FollowedChannel, entries: Sequence[RawEntry], now: float) -> None:
        try:
            followed.take(entries)
        except Exception:
            log.exception("an entry of a shared stream could not be passed on", channel=followed.channel.names[0])
            return
        if len(entries) < _MAX_ENTRIES and not followed.is_stale:
            followed.synced_at = now
        if followed.is_stale:
            self._wake.set()


def _is_readable(followed: FollowedChannel) -> bool:
    return followed.source is Following.STREAM and not followed.is_stale
