"""Looks calls up in the second tier, once for all who need the same one at the same time."""

import asyncio
import contextvars
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import msgspec

from cg_client.call import AnyAnswer, Call, CallKey
from cg_client.entries import MemoryStore
from cg_client.quota.requester import Requester
from cg_client.second_tier import Lookup, SecondTier

Resume: TypeAlias = Callable[[Lookup | None], None]  # None: the cache was closed


class _PendingLookup(msgspec.Struct, eq=False):
    """A lookup in progress, and what to do then, each in the context of its operation."""

    task: asyncio.Task[Lookup]
    resumes: list[tuple[contextvars.Context, Resume]] = []


class Lookups:
    def __init__(
        self,
        tier: SecondTier,
        store: MemoryStore,
        learn: Callable[[Call, Lookup], None],
        end: Callable[[Call, Lookup], None],
        will_refuse: Callable[[float, Requester], bool],
    ) -> None:
        """`learn` is called with each result before those who wait for it go on, and `end` afterwards.

        `will_refuse`: whether a requester need not take the lease, since the quota has no room before a deadline.
        """
        self._tier, self._store, self._learn, self._end = tier, store, learn, end
        self._will_refuse = will_refuse
        self._pending: dict[CallKey, _PendingLookup] = {}

    def __contains__(self, call: Call) -> bool:
        return call.key in self._pending

    def add(self, call: Call, deadline: float, requester: Requester, resume: Resume) -> None:
        """Call `resume` with the result, in the present context; a call that is being looked up is not again."""
        pending = self._pending.get(call.key)
        if pending is None:
            claims = not self._will_refuse(deadline, requester)
            looking = self._tier.look_up(call, deadline, requester.priority, self._store.get(call), claims=claims)
            task = asyncio.get_running_loop().create_task(looking)
            pending = self._pending[call.key] = _PendingLookup(task)
            task.add_done_callback(partial(self._resume, call, pending))
        pending.resumes.append((contextvars.copy_context(), resume))

    def then(
        self, call: Call, deadline: float, requester: Requester, obtain: Callable[[Lookup], asyncio.Future[AnyAnswer]]
    ) -> asyncio.Future[AnyAnswer]:
        """Return the answer that `obtain` returns when the call is looked up."""
        outer: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        self.add(call, deadline, requester, partial(_chain, outer, obtain))
        return outer

    async def claim(self, call: Call, deadline: float, requester: Requester) -> Lookup:
        """Look a call up again, now with the lease if nobody fetches it."""
        try:
            lookup = await self._tier.look_up(call, deadline, requester.priority, self._store.get(call), claims=True)
        except Exception as error:  # noqa: BLE001  # a bug of ours, as below
            _report(error)
            return Lookup()
        self._learn(call, lookup)
        return lookup

    def _resume(self, call: Call, pending: _PendingLookup, task: asyncio.Task[Lookup]) -> None:
        del self._pending[call.key]
        if task.cancelled():
            for context, resume in pending.resumes:
                context.run(resume, None)
            return
        error = task.exception()
        if error is not None:  # a bug of ours: callers get what they get without a second tier
            _report(error)
        lookup = Lookup() if error is not None else task.result()
        try:
            self._learn(call, lookup)
            for context, resume in pending.resumes:
                _run(context, resume, lookup)
        finally:
            self._end(call, lookup)

    async def close(self) -> None:
        """Cancel the lookups in progress, and those who wait for them."""
        tasks = [pending.task for pending in self._pending.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _chain(
    outer: asyncio.Future[AnyAnswer],
    obtain: Callable[[Lookup], asyncio.Future[AnyAnswer]],
    lookup: Lookup | None,
) -> None:
    """Let the outer future have the outcome of the inner one, which is cancelled with it."""
    if outer.done():  # it was cancelled with its operation
        return
    if lookup is None:
        outer.cancel()
        return
    try:
        inner = obtain(lookup)
    except Exception as error:  # noqa: BLE001  # of this caller: the others go on all the same
        outer.set_exception(error)
        return
    outer.add_done_callback(lambda _: inner.cancel())
    inner.add_done_callback(partial(_copy, outer))


def _copy(outer: asyncio.Future[AnyAnswer], inner: asyncio.Future[AnyAnswer]) -> None:
    error = None if inner.cancelled() else inner.exception()  # reading it marks it as handled
    if outer.done():
        return
    if inner.cancelled():
        outer.cancel()
    elif error is not None:
        outer.set_exception(error)
    else:
        outer.set_result(inner.result())


def _run(context: contextvars.Context, resume: Resume, lookup: Lookup) -> None:
    """Let somebody go on. What fails there costs the others nothing."""
    try:
        context.run(resume, lookup)
    except Exception as error:  # noqa: BLE001  # it is reported
        _report(error)


def _report(error: BaseException) -> None:
    report = {"message": "The second tier of the cache failed.", "exception": error}
    asyncio.get_running_loop().call_exception_handler(report)
