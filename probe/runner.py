"""Calls the endpoints one after the other, each once, at the pace that the client's quota allows."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from cg_client.call import Call
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.errors import BadArgument, CoinglassError, NoData, PayloadMismatch, UpstreamFailed
from cg_client.params.core import Params
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan_table import Plan
from cg_client.quota.requester import SYSTEM
from cg_client.resilience.breaker import BreakerPolicy
from cg_client.resilience.retry import RetryPolicy
from probe.comparison import ProbedCall, examine, limit_of
from probe.findings import ProbeResult
from probe.listed_names import ListedNames
from probe.recorder import HTTPExchange, Recorder, RequestsSpentError
from probe.targets import example_params
from served_schema.decoders import EndpointDecoders

MAX_SECONDS = 180.0  # for one endpoint: waiting for the quota or after a rate limit, and the client's retries
_NEVER = 10**9  # so many failures that no circuit opens: each endpoint is called, even if others of its group fail
_MAX_UNREACHED = 2  # endpoints without an answer at the start, after which the others are not called


@dataclass(frozen=True, slots=True)
class _RetriesWhileRequestsLast(RetryPolicy):
    """The client's retries, as long as requests are left."""

    is_spent: Callable[[], bool] = lambda: False

    def attempts_for(self, error: UpstreamFailed) -> int:
        return 1 if self.is_spent() else RetryPolicy.attempts_for(self, error)


@dataclass
class Runner:
    """Calls `endpoints` and compares the answers; `with_gated` also calls those that the plan does not include.

    `plan` is that of the key, None while it is not known. `results` grow during `run`, so that they can be shown when
    it is interrupted.
    """

    client: Client
    recorder: Recorder
    decoders: EndpointDecoders
    endpoints: Sequence[Endpoint]
    with_gated: bool = False
    redact: Callable[[str], str] = str
    on_call: Callable[[int, int, str], None] = lambda *_: None
    on_result: Callable[[ProbeResult, HTTPExchange], None] = lambda *_: None
    plan: Plan | None = None
    plan_source: str = "not known"
    results: list[ProbeResult] = field(default_factory=list)
    _names: ListedNames = field(default_factory=ListedNames)

    @classmethod
    def of(
        cls,
        config: ClientConfig,
        recorder: Recorder,
        decoders: EndpointDecoders,
        endpoints: Sequence[Endpoint],
        *,
        clock: Clock | None = None,
    ) -> "Runner":
        policy = _RetriesWhileRequestsLast(is_spent=lambda: recorder.is_spent)
        breaking = BreakerPolicy(least=_NEVER)
        client = Client(config, clock=clock, transport=recorder, policy=policy, breaker_policy=breaking)
        return cls(client, recorder, decoders, endpoints)

    async def run(self) -> None:
        """Call the account endpoint first, then what its plan includes."""
        for endpoint in self.endpoints:
            is_hopeless = len(self.results) >= _MAX_UNREACHED and self.is_unusable
            if self.recorder.is_spent or is_hopeless:
                return
            if endpoint in self.targets:
                with contextlib.suppress(RequestsSpentError):  # during its retries: it has no result
                    await self._probe(endpoint)

    @property
    def targets(self) -> Sequence[Endpoint]:
        """The endpoints to call; every key has at least Hobbyist."""
        plan = self.plan or Plan.HOBBYIST
        return [endpoint for endpoint in self.endpoints if self.with_gated or endpoint.plan <= plan]

    @property
    def is_unusable(self) -> bool:
        """Whether CoinGlass processed none of the requests."""
        return not any(result.reached for result in self.results)

    async def _probe(self, endpoint: Endpoint) -> None:
        self.on_call(len(self.results), len(self.targets), endpoint.path)
        params = self._params(endpoint)
        error = await self._send(Call(endpoint, params, _is_json))
        exchange = self.recorder.last
        if error is None and exchange is not None:
            self._names.learn(endpoint, msgspec.json.decode(exchange.body).get("data"))
        if self.plan is None:
            self.plan, self.plan_source = self._plan_by(endpoint, exchange, error)
        call = ProbedCall(endpoint, params.query(), self.plan, exchange, error)
        result = examine(call, self.decoders.get(endpoint, ())).redacted(self.redact)
        self.results.append(result)
        if error is None and exchange is not None:
            self.on_result(result, exchange)

    def _params(self, endpoint: Endpoint) -> Params:
        plan, now = self.plan or Plan.HOBBYIST, self.client.clock.now()
        try:
            return example_params(endpoint, plan, self._names, now)
        except BadArgument:  # a listed name is invalid
            return example_params(endpoint, plan, ListedNames(), now)

    async def _send(self, call: Call) -> CoinglassError | None:
        """Send the call, bypassing gate and cache. No data counts as an answer."""
        self.recorder.last = None
        try:
            await self.client.paths(call, self.client.clock.monotonic() + MAX_SECONDS, SYSTEM)
        except RequestsSpentError:
            raise
        except NoData as error:
            return None if _is_json_object(self.recorder.last) else error
        except CoinglassError as error:
            return error
        return None

    def _plan_by(
        self, endpoint: Endpoint, exchange: HTTPExchange | None, error: CoinglassError | None
    ) -> tuple[Plan | None, str]:
        """Return the plan of the account, else the one that the rate limit implies, else the declared one."""
        if endpoint is account.SUBSCRIPTION and error is None and exchange is not None:
            level = _level(exchange)
            if level is not None:
                return level, "account endpoint"
        limit = None if exchange is None else limit_of(exchange)
        by_limit = KeyPlan(limit=limit, account_fails=True).plan
        if by_limit is not None:
            return by_limit, f"API-KEY-MAX-LIMIT {limit}"
        declared = self.client.config.plan
        if declared is None or endpoint is account.SUBSCRIPTION:  # the next answer may state the limit
            return None, "not known"
        return declared, "COINGLASS_PLAN"


def _is_json_object(exchange: HTTPExchange | None) -> bool:
    try:
        return exchange is not None and isinstance(msgspec.json.decode(exchange.body), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _level(exchange: HTTPExchange) -> Plan | None:
    try:
        return account.decode_subscription(exchange.data, AnomalyCollector()).plan
    except PayloadMismatch:
        return None


def _is_json(data: msgspec.Raw, _: AnomalyCollector) -> None:
    """Only check the JSON: the body is compared as a whole. Raises PayloadMismatch."""
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadMismatch("data", str(error)) from error
