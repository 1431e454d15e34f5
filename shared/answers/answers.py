"""The second tier of the cache: answers that all replicas share, and one fetch for all of them.

The store is asked once for a call that memory lacks: by `answers_begin.lua` it gives the answer, or the lease to fetch
it, or says that another replica fetches. Without the store each replica does what a single one does.
"""

import asyncio
import contextlib
import itertools
import math
import os
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from cg_client.call import Call, without_counting
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.entries import Entry
from cg_client.errors import CoinglassError
from cg_client.live.timers import within
from cg_client.quota.requester import Priority
from cg_client.second_tier import Lookup
from shared.answers.codec import AnswerCodec, DecodedAnswer
from shared.answers.leases import LEASE_SECONDS, CallNames, Notices, Renewals, StoreLease
from shared.answers.replies import BegunReply, FinishedReply
from shared.codec_errors import Unencodable, UnreadableValue
from shared.store.commands import Argument, Commands
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import Store

LIMIT: Final = 256 * 1024 * 1024  # bytes of all answers of one key
RETURN_SECONDS: Final = 0.25  # for which a lookup waits for a store that has just gone away
FINISH_SECONDS: Final = 5.0  # for which an answer waits for a store that is away
_LOOK_SECONDS = 0.02  # between two looks whether the store is back
POLL_SECONDS: Final = 1.0  # after which a notice is believed to be lost
_MARGIN = 0.01  # seconds after the end of a lease
_CLOSING_SECONDS = 1.0
_URGENT = b"!"  # in a notice, before the priority of a more urgent caller

_BEGIN, _FINISH, _END = map(LuaScript, ("answers_begin", "answers_finish", "answers_end"))
_EVICT, _DROP, _SURVEY = map(LuaScript, ("answers_evict", "answers_drop", "answers_survey"))


OUTCOMES: Final = (  # of lookups, and of answers that were to be stored
    "hit",
    "stale",
    "lease",
    "remote",
    "unclaimed",
    "failure",
    "away",
    "refused",
    "unreadable",
    "stored",
    "outdated",
    "unstorable",
)


class Answers:
    """One for each key and base URL. Start it before the store, and close it after the client and before the store."""

    def __init__(self, store: Store, scope: Scope, codec: AnswerCodec, clock: Clock, limit: int = LIMIT) -> None:
        self._store, self._scope, self._codec, self.clock, self._limit = store, scope, codec, clock, limit
        self._channel = scope.name("notices", codec.version)
        self._fence, self._index = scope.name("fence"), scope.name("index", codec.version)
        self._sizes = scope.name("sizes", codec.version)
        self._owners = map(f"{os.urandom(8).hex()}-{{}}".format, itertools.count())
        self._notices = Notices()
        self._renewals = Renewals(clock, store, self._fence)
        self._away_since = -math.inf  # monotonic seconds: the last time that the store went away
        self._hurry: Callable[[Call, Priority], None] = lambda *_: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._hooks: list[Callable[[], None]] = []  # what ends each
        self.counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))

    @classmethod
    def of(cls, store: Store, config: ClientConfig, clock: Clock, limit: int = LIMIT) -> "Answers":
        scope = Scope.of(config.api_key, config.base_url)
        return cls(store, scope, AnswerCodec(config.api_key, config.base_url), clock, limit)

    def start(self) -> None:
        """Hear of what other replicas fetch; to be called before the store is started."""
        self._hooks += (
            self._store.subscribe(self._channel, self._receive),
            self._store.on_return(self._register),
            self._store.on_loss(self._note_loss),
        )

    async def _register(self, commands: Commands) -> None:
        with contextlib.suppress(CommandRefused):  # the store is of use all the same
            await self._renewals.renew(commands)

    def on_urgent(self, hurry: Callable[[Call, Priority], None]) -> None:
        self._hurry = hurry

    def _receive(self, message: bytes) -> None:
        digest, urgent, priority = message.partition(_URGENT)
        if not urgent:
            self._notices.receive(message)
            return
        with contextlib.suppress(ValueError):  # something else has written it
            for call in self._renewals.calls(digest.decode("ascii", "replace")):
                self._hurry(call, Priority(int(priority)))

    def _note_loss(self) -> None:
        self._away_since = self.clock.monotonic()

    async def close(self) -> None:
        """Give up the leases that are left, and store what is to be stored, within a second."""
        await self.flush()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._renewals.close()
        for end in self._hooks:
            end()
        self._hooks.clear()

    async def flush(self) -> None:
        """Wait until what was fetched is stored, for a second at most."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)

    async def look_up(
        self,
        call: Call,
        deadline: float,
        priority: Priority = Priority.INTERACTIVE,
        entry: Entry | None = None,
        *,
        claims: bool = True,
    ) -> Lookup:
        """Return what is shared of the call; `entry`, which memory has, is not sent again.

        A store that has just gone away gets a moment to return: the connection may have broken. After that nothing is
        waited for.
        """
        digest = self._codec.digest(call)
        if digest is None:
            return Lookup()
        names, owner = CallNames.of(self._scope, digest), next(self._owners)
        lease = StoreLease(call, names, owner, priority, self._finish, self._end)
        try:
            if not self._store.is_away:
                with contextlib.suppress(StoreAway):
                    return await self.begin(lease, entry, claims=claims)
                self._note_loss()
            await self.wait_for_store(min(deadline, self._away_since + RETURN_SECONDS))
            if not self._store.is_away:
                return await self.begin(lease, entry, claims=claims)
        except StoreAway:
            pass
        except CommandRefused:
            return self.alone(lease, "refused")
        except asyncio.CancelledError:
            lease.release()
            raise
        return self.alone(lease, "away")

    async def survey(self, calls: Sequence[Call]) -> Collection[Call]:
        """Return the calls that have a fresh answer or a lease."""
        digests = [self._codec.digest(call) for call in calls]
        names = [CallNames.of(self._scope, digest) for digest in digests if digest is not None]
        if self._store.is_away or not names:
            return ()
        keys = [name for of_call in names for name in (of_call.answer, of_call.lease)]
        try:
            states = msgspec.convert(await self._store.run(_SURVEY, keys), list[int])
        except (StoreAway, CommandRefused):
            return ()
        shared = {of_call.digest for of_call, state in zip(names, states, strict=True) if state}
        return {call for call, digest in zip(calls, digests, strict=True) if digest in shared}

    def alone(self, lease: StoreLease, outcome: str, entry: Entry | None = None) -> Lookup:
        """Let the replica fetch without a reply of the store; the lease may have been given, and the reply lost."""
        self.counts[outcome] += 1
        self._renewals.add(lease)
        return Lookup(entry, lease=lease)

    async def wait_for_store(self, until: float) -> None:
        """Wait until the store is back, at least a moment, so that no loop is without a pause."""
        while (seconds := until - self.clock.monotonic()) > 0:
            await self.clock.sleep(min(seconds, _LOOK_SECONDS))
            if not self._store.is_away:
                return

    async def begin(
        self, lease: StoreLease, before: Entry | None, waited: int = 0, *, claims: bool = True, again: bool = True
    ) -> Lookup:
        """Return the answer, the lease if that is claimed, or the fetch of another replica.

        `before`: the answer that there is already; `waited`: token of the fetch that was waited for. Raises StoreAway
        and CommandRefused.
        """
        watch = self._notices.watch(lease.names.digest)  # before the store knows that somebody waits
        began, is_waiting = self.clock.monotonic(), False
        try:
            begun = await self._begun(lease, waited, 0 if before is None else before.token, claims=claims)
            entry = await self._entry(lease, begun, began, before)
            is_waiting = begun.state == b"remote"
        finally:
            if not is_waiting:
                watch.cancel()
        match begun.state:
            case b"remote":
                self.counts["remote"] += 1
                until = began + begun.left / 1000
                return Lookup(entry, remote=StoreFetch(self, lease, watch, begun.token, until, entry))
            case b"lease":
                self.counts["lease"] += 1
                lease.give(begun.token, self.clock.monotonic())
                self._renewals.add(lease)
                return Lookup(entry, lease=lease)
            case b"free":
                self.counts["unclaimed"] += 1
                return Lookup(entry, is_unclaimed=True)
            case b"failed":
                return await self._failed(lease, begun.failure, entry)
        if entry is None and again:  # it was unreadable, and is deleted
            return await self.begin(lease, before, claims=claims, again=False)
        self.counts["hit"] += entry is not None
        return Lookup(entry)

    async def _begun(self, lease: StoreLease, waited: int, token: int, *, claims: bool) -> BegunReply:
        keys = (lease.names.answer, lease.names.lease, self._fence)
        args: list[Argument] = [lease.owner, round(LEASE_SECONDS * 1000), str(waited), str(token), int(lease.priority)]
        args += [self._channel, lease.names.digest, int(claims)]
        return msgspec.convert(await self._store.run(_BEGIN, keys, args), BegunReply)

    async def _entry(self, lease: StoreLease, begun: BegunReply, now: float, before: Entry | None) -> Entry | None:
        """Return the answer with the times of its fetch; one that cannot be read is deleted."""
        token = begun.answer_token
        try:
            decoded = self._decoded(lease, begun)
        except UnreadableValue:
            self.counts["unreadable"] += 1
            await self._store.delete(lease.names.answer)
            decoded = None
        if decoded is None:
            return before if before is not None and 0 < before.token == token else None
        if begun.state != b"fresh":
            self.counts["stale"] += 1
        fresh, grace, usable = (now + left / 1000 for left in (begun.fresh, begun.grace, begun.usable))
        answer = replace(decoded.answer, fresh_until=fresh)
        return Entry(answer, decoded.size, now - begun.age / 1000, fresh, grace, usable, token)

    def _decoded(self, lease: StoreLease, begun: BegunReply) -> DecodedAnswer | None:
        """Return the answer if it was sent; raises UnreadableValue.

        Unreadable is one whose age is unknown, as the clock of the store was set back: it would be fresh for too long.
        """
        if begun.age < 0:
            raise UnreadableValue("stored in the future")
        if begun.value is None:
            return None
        decoded = self._codec.decode(begun.value, lease.call, lease.names.digest)
        if begun.fresh > math.ceil(decoded.answer.lifetime * 1000):
            raise UnreadableValue("fresh for more than its lifetime")
        return decoded

    async def _failed(self, lease: StoreLease, failure: bytes, entry: Entry | None) -> Lookup:
        """Return the failure of the fetch that was waited for."""
        try:
            error = self._codec.decode_failure(failure, lease.names.digest)
        except UnreadableValue:
            self.counts["unreadable"] += 1
            return await self.begin(lease, entry)
        self.counts["failure"] += 1
        return Lookup(entry, failure=error)

    def _finish(self, lease: StoreLease, entry: Entry) -> None:
        self._run(self._share(lease, entry))

    def _end(self, lease: StoreLease, failure: CoinglassError | None) -> None:
        self._renewals.discard(lease)
        self._run(self._give_up(lease, failure))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = without_counting(asyncio.get_running_loop().create_task, work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _share(self, lease: StoreLease, entry: Entry) -> None:
        """Store the answer, and wake those who wait for it; a store that is away gets a moment to return."""
        until = self.clock.monotonic() + FINISH_SECONDS
        data = b""
        try:
            data = self._codec.encode(entry.answer, entry.size, lease.names.digest)
            while self.clock.monotonic() < until:
                self._renewals.discard(lease)  # a renewal behind it would give the lease to nobody
                with contextlib.suppress(StoreAway):
                    await self._put(lease, entry, data)
                    return
                self._renewals.add(lease)
                await self.wait_for_store(until)
        except (Unencodable, CommandRefused):  # the second for want of memory
            self.counts["unstorable"] += 1
            await self._give_up(lease, None)
            if data:
                await self._evict(len(data))
        finally:
            self._renewals.discard(lease)

    async def _put(self, lease: StoreLease, entry: Entry, data: bytes) -> None:
        entry.token = lease.token  # what else is stored never has it
        names, now = lease.names, self.clock.monotonic()
        times = (now - entry.stored_at, entry.fresh_until - now, entry.grace_until - now, entry.usable_until - now)
        keys = (names.answer, names.lease, self._index, self._sizes)
        args: list[Argument] = [lease.owner, str(lease.token), names.digest, self._channel, data]
        args += [round(seconds * 1000) for seconds in times]
        args += [self._limit, round((entry.stored_at - lease.given_at) * 1000)]
        finished = msgspec.convert(await self._store.run(_FINISH, keys, args), FinishedReply)
        self.counts["stored" if finished.is_stored else "outdated"] += 1
        if finished.total > self._limit:
            await self._evict(0)

    async def _evict(self, size: int) -> None:
        """Delete the oldest answers beyond the limit, and as many as have the size."""
        with contextlib.suppress(StoreAway, CommandRefused):
            reply = await self._store.run(_EVICT, (self._index, self._sizes), (self._limit, size))
            digests = [digest.decode() for digest in msgspec.convert(reply, list[bytes])]
            if digests:
                names = (CallNames.of(self._scope, digest).answer for digest in digests)
                await self._store.run(_DROP, (self._index, *names), digests)

    async def _give_up(self, lease: StoreLease, failure: CoinglassError | None) -> None:
        """End the lease without an answer, with the failure if it can be shared."""
        data = b""
        with contextlib.suppress(Unencodable):
            data = b"" if failure is None else self._codec.encode_failure(failure, lease.names.digest)
        with contextlib.suppress(StoreAway, CommandRefused):
            await self._store.run(_END, (lease.names.lease,), (lease.owner, lease.names.digest, self._channel, data))


class StoreFetch:
    """A fetch by the holder of a lease, which ends `until` then if it is not renewed.

    `entry` is the newest answer.
    """

    def __init__(
        self,
        answers: Answers,
        lease: StoreLease,
        watch: asyncio.Future[None],
        token: int,
        until: float,
        entry: Entry | None,
    ) -> None:
        self._answers, self._lease, self._watch, self._until = answers, lease, watch, until
        self._token, self._entry = token, entry

    def hurry(self, priority: Priority) -> None:
        if priority < self._lease.priority:
            self._lease.priority = priority
            if not self._watch.done():
                self._watch.set_result(None)  # the store is asked again, and tells the holder

    def leave(self) -> None:
        self._watch.cancel()

    async def wait(self, deadline: float) -> Lookup:
        """Wait for the notice; one that is lost, and a holder that died, show when the store is asked again."""
        answers, clock = self._answers, self._answers.clock
        seconds = min(deadline, self._until + _MARGIN, clock.monotonic() + POLL_SECONDS) - clock.monotonic()
        with contextlib.suppress(TimeoutError):
            await within(clock, max(0.0, seconds), self._watch)
        while True:
            if clock.monotonic() >= deadline:
                raise TimeoutError
            try:
                return await answers.begin(self._lease, self._entry, self._token)
            except asyncio.CancelledError:
                self._lease.release()  # which the store may have given
                raise
            except CommandRefused:
                return answers.alone(self._lease, "refused", self._entry)
            except StoreAway:
                await answers.wait_for_store(min(deadline, self._until))
                if clock.monotonic() >= self._until:
                    return answers.alone(self._lease, "away", self._entry)
