"""Asks the endpoints one after the other, each once, at the pace that the client's quota allows."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from cg_client.call import Call
from cg_client.client import Client, ClientConfig
from cg_client.clock import Clock
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.errors import BadArgument, CoinglassError, NoData, PayloadMismatch, UpstreamFailed
from cg_client.params.core import Params
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan import Plan
from cg_client.quota.requester import SYSTEM
from cg_client.resilience.breaker import BreakerPolicy
from cg_client.resilience.retry import RetryPolicy
from probe.comparison import Outcome, examine, limit_of
from probe.examples import example_params
from probe.findings import Result
from probe.names import Names
from probe.recorder import Exchange, Recorder, RequestsSpentError
from served_schema.decoders import EndpointDecoders

PATIENCE = 180.0  # seconds that one endpoint may take: a minute's quota or pause, and the client's retries
_NEVER = 10**9  # failures that open a circuit: each endpoint is to be asked, whatever its neighbours do
_HOPELESS = 2  # endpoints without an answer at the start, after which the others are not asked

OnResult = Callable[[Result, Exchange | None], None]


@dataclass(frozen=True, slots=True)
class _WithinCalls(RetryPolicy):
    """The client's own retries, as long as requests are left."""

    is_spent: Callable[[], bool] = lambda: False

    def attempts_for(self, error: UpstreamFailed) -> int:
        return 1 if self.is_spent() else RetryPolicy.attempts_for(self, error)


@dataclass(frozen=True)
class ObservedPlan:
    """The plan of the key and where it was learnt; None while it is not known."""

    plan: Plan | None = None
    source: str = "not known"


@dataclass
class Runner:
    """Asks `endpoints` for what `decoders` read; `with_gated` asks what the plan does not include, too.

    `results` grow while `run` asks, so that they can be shown when it is interrupted.
    """

    client: Client
    recorder: Recorder
    decoders: EndpointDecoders
    endpoints: Sequence[Endpoint]
    with_gated: bool = False
    redact: Callable[[str], str] = str
    on_ask: Callable[[int, int, str], None] = lambda *_: None
    on_result: OnResult = lambda *_: None
    observed: ObservedPlan = field(default_factory=ObservedPlan)
    results: list[Result] = field(default_factory=list)
    _names: Names = field(default_factory=Names)

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
        policy = _WithinCalls(is_spent=lambda: recorder.is_spent)
        breaking = BreakerPolicy(least=_NEVER)
        client = Client(config, clock=clock, transport=recorder, policy=policy, breaking=breaking)
        return cls(client, recorder, decoders, endpoints)

    async def run(self) -> None:
        """Ask the account first, then what its plan includes."""
        for endpoint in self.endpoints:
            if self.recorder.is_spent or self._is_hopeless():
                return
            if endpoint in self.targets:
                with contextlib.suppress(RequestsSpentError):  # in the midst of it, so that nothing is known of it
                    await self._ask(endpoint)

    @property
    def targets(self) -> Sequence[Endpoint]:
        """The endpoints to ask, as far as the plan is known; every key has at least Hobbyist."""
        plan = self.observed.plan or Plan.HOBBYIST
        return [one for one in self.endpoints if self.with_gated or one.plan <= plan]

    @property
    def is_unusable(self) -> bool:
        """Whether CoinGlass looked at none of the requests."""
        return not any(result.reached for result in self.results)

    def _is_hopeless(self) -> bool:
        return len(self.results) >= _HOPELESS and self.is_unusable

    async def _ask(self, endpoint: Endpoint) -> None:
        self.on_ask(len(self.results), len(self.targets), endpoint.path)
        params = self._params(endpoint)
        self.recorder.last = None
        error = await self._send(Call(endpoint, params, _is_json))
        exchange = self.recorder.last
        if error is None:
            self._learn(endpoint, exchange)
        if self.observed.plan is None:
            self.observed = self._plan(endpoint, exchange, error)
        outcome = Outcome(endpoint, params.query(), self.observed.plan, exchange, error)
        result = examine(outcome, self.decoders.get(endpoint, ())).redacted(self.redact)
        self.results.append(result)
        self.on_result(result, exchange if error is None else None)

    def _params(self, endpoint: Endpoint) -> Params:
        plan, now = self.observed.plan or Plan.HOBBYIST, self.client.clock.now()
        try:
            return example_params(endpoint, plan, self._names, now)
        except BadArgument:  # a listed name that can be none
            return example_params(endpoint, plan, Names(), now)

    async def _send(self, call: Call) -> CoinglassError | None:
        """Send the call past gate and cache, which would answer without CoinGlass. No data is an answer."""
        try:
            await self.client.paths(call, self.client.clock.monotonic() + PATIENCE, SYSTEM)
        except RequestsSpentError:
            raise
        except NoData as error:
            return None if _is_json_object(self.recorder.last) else error
        except CoinglassError as error:
            return error
        return None

    def _learn(self, endpoint: Endpoint, exchange: Exchange | None) -> None:
        if exchange is not None:
            self._names.learn(endpoint, msgspec.json.decode(exchange.body).get("data"))

    def _plan(self, endpoint: Endpoint, exchange: Exchange | None, error: CoinglassError | None) -> ObservedPlan:
        """Return the plan of the account, else that of the rate limit, else the declared one."""
        if endpoint is account.SUBSCRIPTION and error is None and exchange is not None:
            level = _level(exchange)
            if level is not None:
                return ObservedPlan(level, "account endpoint")
        limit = None if exchange is None else limit_of(exchange)
        by_limit = KeyPlan(limit=limit, account_fails=True).plan
        if by_limit is not None:
            return ObservedPlan(by_limit, f"API-KEY-MAX-LIMIT {limit}")
        declared = self.client.config.plan
        if declared is None or endpoint is account.SUBSCRIPTION:  # the next answer may state the limit
            return ObservedPlan()
        return ObservedPlan(declared, "COINGLASS_PLAN")


class _Payload(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")


def _is_json_object(exchange: Exchange | None) -> bool:
    try:
        return exchange is not None and isinstance(msgspec.json.decode(exchange.body), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _level(exchange: Exchange) -> Plan | None:
    data = msgspec.json.decode(exchange.body, type=_Payload).data
    try:
        return account.decode_subscription(data, AnomalyCollector()).plan
    except PayloadMismatch:
        return None


def _is_json(data: msgspec.Raw, _: AnomalyCollector) -> None:
    """Read nothing: the body is compared as a whole. Raises PayloadMismatch."""
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PayloadMismatch("data", str(error)) from error
