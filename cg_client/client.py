"""One CoinGlass key with its plan, quota and cache.

A call goes through gate > cache > paths > breaker > retry > throttle > bulkhead > transport > envelope > decode.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import httpx

from cg_client.cache import Cache, failed
from cg_client.call import FREE, Answer, AnyAnswer, CacheStatus, Call, Decode, Fetched, Send
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.coalescer import Coalescer, FetchPlan, StartCalls, StartedPlan
from cg_client.decoding.anomalies import AnomalyCollector, DriftCounter
from cg_client.endpoint import CLOSED_LIFETIME, Endpoint
from cg_client.endpoints import account
from cg_client.entries import Entry, MemoryStore
from cg_client.envelope import payload, unparsed_data
from cg_client.errors import (
    CoinglassError,
    Gated,
    IntervalRefused,
    PayloadMismatch,
    PlanRefused,
    RateLimited,
    Unauthorized,
    UpstreamFailed,
    UpstreamUnavailable,
)
from cg_client.failures import CallObserver
from cg_client.params.core import SeriesParams
from cg_client.plans.gate import Gate
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.plans.plan_watch import AccountState, PlanWatch
from cg_client.quota.admission import RefusalForecast
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.throttle import ShareQuota, Throttle
from cg_client.quota.window import MINUTE, PauseReason, QuotaWindow, Usage
from cg_client.resilience.breaker import Breaker, BreakerPolicy
from cg_client.resilience.bulkhead import Bulkhead
from cg_client.resilience.paths import Paths
from cg_client.resilience.retry import Retry, RetryBudget, RetryPolicy
from cg_client.resilience.unknown_names import UnknownNameCheck, unknown_name
from cg_client.revision import Revision
from cg_client.second_tier import SecondTier
from cg_client.tracing import CallSpans, SendRequest, Tracer
from cg_client.transport import FIGURES_HEADER, KEY_HEADER, SANDBOX_HEADER, Transport, UpstreamResponse, http_transport
from cg_client.windows import last_closed, unix_ms


class Client:
    """Nothing here is shared with another client of the process: a second key is a second object.

    With other replicas it may share the second tier of its cache, and its quota: `share_quota` puts one of all replicas
    in the place of its own. Both are those of its key and base URL.
    """

    def __init__(
        self,
        config: ClientConfig,
        *,
        clock: Clock | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        policy: RetryPolicy | None = None,
        breaker_policy: BreakerPolicy | None = None,
        tracer: Tracer | None = None,
        second_tier: SecondTier | None = None,
        share_quota: ShareQuota | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.config = config
        self.revision = Revision()
        self.gate = Gate(config.plan, self.clock, self.revision)
        self.drift = DriftCounter()
        self.sandbox, self.sandbox_figures = False, b""  # whether an answer came from one, and what it says of figures
        self.is_accepted = False  # whether CoinGlass has answered with data, so that it knows the key
        self.http = transport or http_transport(config.base_url, config.connections, config.proxy)
        window = _quota_window(config, self.clock.monotonic())
        sender = Transport(self.http, config, self.clock)
        self.tracer = tracer
        fetch: Send[Fetched] = self._fetch
        attempt: Send[Fetched] = self._attempt
        send: SendRequest = sender
        if tracer is not None:
            spans = CallSpans(tracer, config.base_url)
            fetch, attempt, send = spans.calls(fetch), spans.attempts(attempt), spans.requests(send)
        self._fetch_call = fetch
        self.bulkhead = Bulkhead(send, config.connections, self.clock)
        weights, excess_fraction = config.client_weights, config.caller_share
        self._throttle = Throttle(self.bulkhead, window, self.clock, weights, excess_fraction, share_quota)
        self.admission_queue = self._throttle.admission_queue
        self.remaining = self.admission_queue.remaining  # of `quota`, what is cheap to compute
        self._store = MemoryStore(config.cache_bytes)
        on_join, is_sending = self.admission_queue.reprioritize, sender.sending.__contains__
        refusals = RefusalForecast(self.admission_queue.will_refuse, self._refuse)
        self._cache = Cache(fetch, self._store, self.clock, on_join, is_sending, second_tier, self._learn, refusals)
        self._retry = Retry(attempt, self.clock, policy or RetryPolicy(), RetryBudget(), self._cache.is_awaited)
        self.observe(CallObserver())
        self.breaker = Breaker(self._retry, self.clock, breaker_policy)
        self.paths = Paths(self.breaker, self.clock)
        self._unknown_names = UnknownNameCheck(self.paths, self.clock)
        self._coalescer = Coalescer(self._is_free, tracer, None if second_tier is None else second_tier.survey)
        self.plan_watch = PlanWatch(self.gate, self._request_plan, self.clock)
        self._throttle.on_limit = self.plan_watch.limit_is

    @property
    def is_sandbox(self) -> bool | None:
        """Whether answers come from a sandbox; None before the first."""
        return self.sandbox if self.sandbox or self.is_accepted else None

    def observe(self, observer: CallObserver) -> None:
        """Let the observer hear of each call."""
        self._observer = self._retry.observer = observer

    async def close(self) -> None:
        self.plan_watch.close()
        await self._cache.close()
        await self.admission_queue.close()
        await self.http.aclose()

    def deadline(self) -> float:
        """Return when an operation that begins now must be answered, in monotonic seconds."""
        return self.clock.monotonic() + self.config.deadline_seconds

    @property
    def cached_bytes(self) -> int:
        """Bytes of CoinGlass' bodies whose rows are cached."""
        return self._store.size

    @property
    def lookups(self) -> Counter[str]:
        """How often the cache was asked for an answer, by outcome."""
        return self._cache.lookups

    def note_hit(self) -> None:
        """Count an answer that was taken from the cache without getting it."""
        self._cache.lookups["hit"] += 1

    @property
    def quota(self) -> Usage:
        return self._throttle.usage()

    def get(
        self, call: Call, deadline: float | None = None, requester: Requester = SYSTEM, *, grace: bool = True
    ) -> asyncio.Future[AnyAnswer]:
        """Return the answer, from the cache or from CoinGlass; raises a CoinglassError that names the endpoint.

        With `grace` an answer that is just past its lifetime will do, while it is refreshed.
        """
        by = self.deadline() if deadline is None else deadline  # requesting the plan takes of it too
        if self.gate.plan is None and call.endpoint is not account.SUBSCRIPTION and not self.plan_is_resolved:
            return asyncio.ensure_future(self._get_with_plan(call, by, requester, grace=grace))
        return self._get(call, by, requester, grace=grace)

    async def _get_with_plan(self, call: Call, deadline: float, requester: Requester, *, grace: bool) -> AnyAnswer:
        await self.plan_watch.resolve()
        return await self._get(call, deadline, requester, grace=grace)

    def _get(self, call: Call, deadline: float, requester: Requester, *, grace: bool) -> asyncio.Future[AnyAnswer]:
        try:
            self.gate.check(call.endpoint, call.params)
        except Gated as refusal:
            self.note_gated()
            return failed(refusal)
        return self._cache.get(call, deadline, requester, grace=grace)

    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]:
        """Return what getting a call that the gate let through would do, and its cache entry, without waiting."""
        return self._cache.peek(call, grace=grace)

    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None:
        """Fetch a call that the gate let through, in the background."""
        self._cache.refresh(call, deadline, requester)

    def plan(self, candidates: Sequence[FetchPlan], start: StartCalls) -> asyncio.Future[StartedPlan]:
        """Start the candidate that adds the fewest calls to those in flight; the future holds it when it is started."""
        return self._coalescer.select(candidates, start)

    def _is_free(self, call: Call) -> bool:
        return self._cache.peek(call)[0] in FREE

    @property
    def plan_is_resolved(self) -> bool:
        """Whether no call has to request the plan."""
        return self.gate.plan is not None or self.plan_watch.is_resolved

    async def know_plan(self) -> None:
        """Request the plan of the key if it is unknown. Only the first request is waited for."""
        await self.plan_watch.resolve()

    def note_gated(self) -> None:
        """Review the plan soon; to be called when a request was refused for it."""
        self.plan_watch.doubt(gated=True)

    async def _request_plan(self) -> Plan | None:
        """Request the plan past the cache: a cached answer may be that of another plan."""
        fetched = await self._fetch_call(account.SUBSCRIPTION_CALL, self.deadline(), SYSTEM)
        subscription = fetched.answer.value
        plan = subscription.plan if isinstance(subscription, account.Subscription) else None
        self._allow(plan)
        return plan

    def take_over_account(self, state: AccountState) -> None:
        """Apply what another replica learnt of the key from the account endpoint."""
        self._allow(state.plan)
        self.plan_watch.take_over(state)

    def _allow(self, plan: Plan | None) -> None:
        """Send as many requests as the plan allows, unless the headers have stated a limit."""
        if plan is not None and self.gate.key.limit is None:
            self._throttle.allow(REQUESTS_PER_MINUTE[plan])

    async def _fetch(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        started = self.clock.monotonic()
        try:
            return await self._fetch_in_plan(call, deadline, requester)
        except CoinglassError as failure:
            self._observer.failed(call, failure, self.clock.monotonic() - started)
            raise

    def _refuse(self, call: Call, deadline: float, requester: Requester) -> CoinglassError | None:
        """Return the failure of a call for which the quota has no room before the deadline."""
        refused = self.admission_queue.refuse(deadline, requester)
        if refused is not None:
            refused.endpoint = call.endpoint.path
            self._observer.failed(call, refused, 0.0)
        return refused

    async def _fetch_in_plan(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        endpoint = call.endpoint
        if not self.config.api_key:
            raise _without_key(endpoint)
        if self.clock.monotonic() >= self.plan_watch.review_at and endpoint is not account.SUBSCRIPTION:
            self.plan_watch.review()
        layers = self.breaker if endpoint.former_path is None else self.paths
        try:
            return await layers(call, deadline, requester)
        except (PlanRefused, IntervalRefused) as refusal:
            if endpoint is not account.SUBSCRIPTION:
                self.plan_watch.doubt(gated=False)
            gated = self.gate.learn(endpoint, call.params, refusal)
            gated.attempts = refusal.attempts
            raise gated from refusal
        except UpstreamUnavailable as failure:
            failure.endpoint = failure.endpoint or endpoint.path
            if not await self._unknown_names.is_cause(call, failure, deadline):
                raise
            unknown = unknown_name(call)
            unknown.attempts = failure.attempts
            raise unknown from failure
        except CoinglassError as error:
            error.endpoint = error.endpoint or endpoint.path
            raise

    async def _attempt(self, call: Call, deadline: float, requester: Requester) -> Fetched:
        try:
            response = await self._throttle(call, deadline, requester)
        except UpstreamFailed as failure:
            self._observer.sent(call, failure.seconds, failure)
            raise
        try:
            fetched = self._read(call, response)
        except CoinglassError as failure:
            self._observer.sent(call, response.seconds, failure)
            raise
        self._observer.sent(call, response.seconds, None)
        return fetched

    def _read(self, call: Call, response: UpstreamResponse) -> Fetched:
        """Decode the response, and count its anomalies."""
        collector, now = AnomalyCollector(self.redact), self.clock.now()
        try:
            value = _decoded(response, call.decode, collector)
        except RateLimited as limited:
            limited.retry_after = self._throttle.pause(limited.retry_after)
            raise
        finally:
            anomalies = collector.anomalies() if collector.counts else ()
            if anomalies:
                self.drift.record(call.endpoint, anomalies)
        self.is_accepted = True
        sandbox = response.headers.get(SANDBOX_HEADER) == b"sandbox"
        if sandbox:
            self.sandbox, self.sandbox_figures = True, response.headers.get(FIGURES_HEADER, b"")
        lifetime = _lifetime(call, now)
        answer = Answer(
            value, call.endpoint, now, sandbox=sandbox, anomalies=anomalies, path=call.path, lifetime=lifetime
        )
        return Fetched(answer, len(response.body), lifetime)

    def _learn(self, answer: AnyAnswer) -> None:
        """Note what an answer that another replica fetched says of the key and of the upstream."""
        self.is_accepted = True
        self.sandbox = self.sandbox or answer.sandbox

    def redact(self, text: str) -> str:
        """Remove the key from what CoinGlass sent, should it ever repeat it."""
        key = self.config.api_key.reveal()
        return text.replace(key, "***") if key else text


def _quota_window(config: ClientConfig, now: float) -> QuotaWindow:
    """Return a window for the plan; while that is unknown, no more is sent than the smallest plan allows."""
    window = QuotaWindow(REQUESTS_PER_MINUTE[config.plan or Plan.HOBBYIST], config.workers)
    if config.quota_spent:
        window.block(now + MINUTE, PauseReason.REPLACED)
    return window


def _decoded(response: UpstreamResponse, decode: Decode[object], anomalies: AnomalyCollector) -> object:
    """Return the decoded payload; parses the envelope only if it is not obviously that of a success."""
    data = unparsed_data(response)
    if data is not None:
        try:
            return decode(data, anomalies)
        except PayloadMismatch:
            anomalies.clear()  # it is no payload, or something follows it
    return decode(payload(response), anomalies)


def _without_key(endpoint: Endpoint) -> Unauthorized:
    refusal = Unauthorized(f"The server has no CoinGlass key: send one in {KEY_HEADER}.")
    refusal.endpoint = endpoint.path
    return refusal


def _lifetime(call: Call, now: datetime) -> float:
    """Return for how many seconds the answer is fresh: longer if its window has closed."""
    params, refresh = call.params, call.endpoint.refresh
    if not isinstance(params, SeriesParams) or params.to is None:
        return refresh.total_seconds()
    if unix_ms(params.to) < last_closed(params.interval.milliseconds, unix_ms(now)):
        refresh = max(CLOSED_LIFETIME, refresh)
    return refresh.total_seconds()
