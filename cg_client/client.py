"""One CoinGlass key with its plan, quota and cache.

A call goes through gate > cache > breaker > paths > retry > throttle > bulkhead > transport > envelope > decode.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import httpx

from cg_client.cache import Cache, Entry, Fetched, MemoryStore, failed
from cg_client.call import FREE, Answer, CacheStatus, Call, Decode
from cg_client.clock import Clock
from cg_client.coalescer import Coalescer, FetchPlan
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.drift import Drift
from cg_client.endpoints import account
from cg_client.envelope import check_has_data, payload, plain_data
from cg_client.errors import (
    CoinglassError,
    Gated,
    IntervalRefused,
    PayloadMismatch,
    PlanRefused,
    RateLimited,
    UpstreamUnavailable,
)
from cg_client.params import Params
from cg_client.plans.gate import Gate
from cg_client.plans.plan import REQUESTS_PER_MINUTE, Plan
from cg_client.plans.plan_watch import PlanWatch
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.round_robin import Weights
from cg_client.quota.throttle import Throttle
from cg_client.quota.window import MINUTE, PauseReason, QuotaWindow, Usage
from cg_client.resilience.breaker import Breaker, BreakerPolicy
from cg_client.resilience.bulkhead import Bulkhead
from cg_client.resilience.lookups import Lookups, unknown_name
from cg_client.resilience.paths import Paths
from cg_client.resilience.retry import Retry, RetryBudget, RetryPolicy
from cg_client.revision import Revision
from cg_client.secret import Secret
from cg_client.transport import Reply, Transport, http_transport

T = TypeVar("T")

BASE_URL = "https://open-api-v4.coinglass.com"


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    """`plan` None asks the account endpoint. The seconds bound an attempt, its connecting, its silences, an operation.

    `proxy` is the address of an HTTP proxy on the way to CoinGlass; the environment is not looked at for one. `workers`
    processes share the key's quota; with `quota_spent` this one's share counts as spent for its first minute.
    `client_weights`: how many requests a client has in its turn, where it is not one.
    """

    api_key: Secret
    base_url: str = BASE_URL
    plan: Plan | None = None
    attempt_seconds: float = 10.0
    connect_seconds: float = 5.0
    read_seconds: float = 8.0
    deadline_seconds: float = 15.0
    cache_bytes: int = 64 * 1024 * 1024
    connections: int = 32
    proxy: str | None = None
    workers: int = 1
    quota_spent: bool = False
    client_weights: Weights = field(default_factory=dict)


class Client:
    """Nothing here is shared with another client: a second key is a second object."""

    def __init__(
        self,
        config: ClientConfig,
        *,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        policy: RetryPolicy | None = None,
        jitter: Callable[[], float] | None = None,
        breaking: BreakerPolicy | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.config = config
        self.revision = Revision()
        self.gate = Gate(config.plan, self.clock, self.revision)
        self.drift = Drift()
        self.sandbox = False  # whether any answer came from a sandbox
        self.http = transport or http_transport(config.base_url, config.connections, config.proxy)
        # While the plan is not known, no more is sent than the least one has.
        self._window = QuotaWindow(REQUESTS_PER_MINUTE[config.plan or Plan.HOBBYIST], config.workers)
        self.remaining = self._window.remaining  # of `quota`, what is quick to say
        if config.quota_spent:
            self._window.block(self.clock.monotonic() + MINUTE, PauseReason.REPLACED)
        sending = Transport(
            self.http,
            config.base_url,
            config.api_key,
            self.clock,
            config.attempt_seconds,
            connect_seconds=config.connect_seconds,
            read_seconds=config.read_seconds,
        )
        self.bulkhead = Bulkhead(sending, config.connections, self.clock)
        self._throttle = Throttle(self.bulkhead, self._window, self.clock, config.client_weights)
        jittered = {} if jitter is None else {"jitter": jitter}
        self._retry = Retry(self._attempt, self.clock, policy or RetryPolicy(), RetryBudget(), **jittered)
        self.breaker = Breaker(Paths(self._retry, self.clock), self.clock, breaking)
        self._store = MemoryStore(config.cache_bytes)
        self._cache = Cache(self._fetch, self._store, self.clock, self.admission_queue.reprioritize)
        self._lookups = Lookups(self.breaker, self.clock)
        self._coalescer = Coalescer(self._is_free)
        self.plan_watch = PlanWatch(self.gate, self._asked_plan, self.clock)
        self._throttle.on_limit = self.plan_watch.limit_is

    async def close(self) -> None:
        self.plan_watch.close()
        await self._cache.close()
        await self.http.aclose()

    def deadline(self) -> float:
        """When an operation that begins now must be answered, in monotonic seconds."""
        return self.clock.monotonic() + self.config.deadline_seconds

    @property
    def kept_bytes(self) -> int:
        """Bytes of CoinGlass' bodies whose rows are kept."""
        return self._store.size

    @property
    def quota(self) -> Usage:
        return self._throttle.usage()

    @property
    def admission_queue(self) -> AdmissionQueue:
        return self._throttle.admission_queue

    def get(
        self, call: Call, deadline: float | None = None, requester: Requester = SYSTEM, *, grace: bool = True
    ) -> asyncio.Future[Answer[Any]]:
        """Return the answer, from the cache or from CoinGlass; raises a CoinglassError that names the endpoint.

        `grace`: an answer that is just past its time will do while it is refreshed.
        """
        by = self.deadline() if deadline is None else deadline  # before the plan is asked for: that takes of it too
        if call.endpoint is not account.SUBSCRIPTION and not self.plan_is_settled:
            return asyncio.ensure_future(self._get_with_plan(call, by, requester, grace=grace))
        return self._get(call, by, requester, grace=grace)

    async def _get_with_plan(self, call: Call, deadline: float, requester: Requester, *, grace: bool) -> Answer[Any]:
        await self.plan_watch.know()
        return await self._get(call, deadline, requester, grace=grace)

    def _get(self, call: Call, deadline: float, requester: Requester, *, grace: bool) -> asyncio.Future[Answer[Any]]:
        try:
            self.gate.check(call.endpoint, call.params)
        except Gated as refusal:
            self.gated()
            return failed(refusal)
        return self._cache.get(call, deadline, requester, grace=grace)

    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]:
        """How a call stands that the gate let through, and what is kept of it, without waiting for anything."""
        return self._cache.peek(call, grace=grace)

    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None:
        """Fetch a call that the gate let through, in the background."""
        self._cache.refresh(call, deadline, requester)

    def plan(self, candidates: Sequence[FetchPlan], start: Callable[[FetchPlan], T]) -> asyncio.Future[T]:
        """Start the candidate that costs least beside the other calls under way, and return its answers."""
        return self._coalescer.select(candidates, start)

    def _is_free(self, call: Call) -> bool:
        return self._cache.peek(call)[0] in FREE

    @property
    def plan_was_asked(self) -> bool:
        """Whether the plan is known or could not be learnt; False only before the first answer."""
        return self.plan_watch.was_asked

    @property
    def plan_is_settled(self) -> bool:
        """Whether no request has to ask for the plan."""
        return self.gate.plan is not None or self.plan_watch.is_settled

    async def know_plan(self) -> None:
        """Asks for the plan of the key where it is not known. Only the first time is waited for."""
        if not self.plan_is_settled:
            await self.plan_watch.know()

    def review_plan(self) -> None:
        """To be called now and then: asks for the plan again when that is due."""
        self.plan_watch.review()

    def gated(self) -> None:
        """To be called when a request was refused for the plan: whether that is still the key's is asked for soon."""
        self.plan_watch.doubt(gated=True)

    async def _asked_plan(self) -> Plan | None:
        """By CoinGlass, past the cache: an answer of a moment ago may be that of another plan."""
        call = Call(account.SUBSCRIPTION, Params(), account.decode_subscription)
        fetched = await self._fetch(call, self.deadline(), SYSTEM)
        plan = cast("account.Subscription", fetched.value).plan
        if plan is not None and self.gate.key.limit is None:
            self._throttle.allow(REQUESTS_PER_MINUTE[plan])
        return plan

    async def _fetch(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        if call.endpoint is not account.SUBSCRIPTION:
            self.plan_watch.review()
        try:
            return await self.breaker(call, deadline, requester)
        except (PlanRefused, IntervalRefused) as refusal:
            if call.endpoint is not account.SUBSCRIPTION:
                self.plan_watch.doubt(gated=False)
            raise self.gate.learn(call.endpoint, call.params, refusal) from refusal
        except UpstreamUnavailable as failure:
            failure.endpoint = failure.endpoint or call.endpoint.path
            if not await self._lookups.blames_name(call, failure, deadline):
                raise
            raise unknown_name(call) from failure
        except CoinglassError as error:
            error.endpoint = error.endpoint or call.endpoint.path
            raise

    async def _attempt(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        reply = await self._throttle(call, deadline, requester)
        try:
            return self._fetched(call, reply)
        except RateLimited as limited:
            limited.retry_after = self._throttle.hold(limited.retry_after)
            raise

    def _fetched(self, call: Call, reply: Reply) -> Fetched:
        anomalies, now, endpoint = AnomalyCollector(self._redact), self.clock.now(), call.endpoint
        try:
            value = _opened(reply, call.decode, anomalies)
        finally:
            found = anomalies.found()
            if found:
                self.drift.record(endpoint, found)
        self.sandbox = self.sandbox or reply.sandbox
        lifetime = endpoint.lifetime(call.params, now).total_seconds()
        return Fetched(value, endpoint, now, reply.sandbox, len(reply.body), lifetime, found, call.path)

    def _redact(self, text: str) -> str:
        """Take the key out of what CoinGlass sent, should it ever repeat it."""
        key = self.config.api_key.reveal()
        return text.replace(key, "***") if key else text


def _opened(reply: Reply, decode: Decode[object], anomalies: AnomalyCollector) -> object:
    """Return the decoded payload; the envelope is read by itself only where it is not plainly that of a success."""
    plain = plain_data(reply)
    if plain is not None:
        check_has_data(plain)
        try:
            return decode(plain, anomalies)
        except PayloadMismatch:
            anomalies.clear()  # it is no payload, or something follows it
    return decode(payload(reply), anomalies)
