"""`upstream(ENDPOINT, Payload)`: a field of the graph made from a catalogue entry and a payload class."""

import functools
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from inspect import isawaitable
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import strawberry
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

from cg_client.call import Answer, Call, Decode
from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, Gated, InvalidRequest, NoData
from cg_client.params.core import Params
from cg_client.plans.plan import Plan
from graph_types.enums import PlanLimitPolicy
from graph_types.fields import omittable
from graph_types.problems import Problems
from payloads.series import Series, Served
from payloads.source import CappedList, Source, rows_field
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Context, Info
from resolvers.decode import columns_decoder, record_decoder, rows_decoder
from resolvers.deferred import Deferred
from resolvers.lists import is_capped
from resolvers.loaders import RowKey
from resolvers.results import FAILURES, NO_ALTERNATIVES, problem
from resolvers.series import fetch, get_fresh, plan_window, serve, served

P = TypeVar("P")
Alternatives: TypeAlias = Mapping[str, Endpoint]
Decoders: TypeAlias = Mapping[Endpoint, Decode[Any]]
Arguments: TypeAlias = dict[str, Any]
Prepare: TypeAlias = Callable[[Context, Arguments], Awaitable[Arguments]]

NO_DECODERS: Decoders = {}
POLICY = argument(
    "on_plan_limit",
    PlanLimitPolicy,
    "What to do where the plan does not include the interval or the window.",
    PlanLimitPolicy.FAIL,
)


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    repeatable=True,
    description="The CoinGlass endpoint behind a field, the least plan that includes it, its refresh time in seconds.",
)
class Upstream:
    path: str
    plan: Plan
    refresh_seconds: int

    @classmethod
    def of(cls, endpoint: Endpoint) -> "Upstream":
        return cls(path=endpoint.path, plan=endpoint.plan, refresh_seconds=int(endpoint.refresh.total_seconds()))


class Chosen(Protocol):
    """Which endpoint answers, where a field has several.

    Their parameters are those of the first, unless `pick` and `parameters` see to the difference.
    """

    @property
    def endpoints(self) -> Sequence[Endpoint]: ...
    def parameters(self) -> list[inspect.Parameter]: ...
    def pick(self, parent: object, arguments: Arguments) -> Endpoint:
        """Take its own arguments out of `arguments`; raises NoData where no endpoint answers."""
        ...


@dataclass(frozen=True)
class Only:
    endpoint: Endpoint

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return (self.endpoint,)

    def parameters(self) -> list[inspect.Parameter]:
        return []

    def pick(self, parent: object, arguments: Arguments) -> Endpoint:  # noqa: ARG002  # the others choose by these
        return self.endpoint


@dataclass(frozen=True)
class ByArgument:
    """The caller chooses by an enum; `default` is used where nothing is chosen."""

    name: str
    description: str
    by: Mapping[Any, Endpoint]  # keyed by the members of the enum
    default: Enum

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return tuple(self.by.values())

    def parameters(self) -> list[inspect.Parameter]:
        return [argument(self.name, type(self.default), self.description, self.default)]

    def pick(self, parent: object, arguments: Arguments) -> Endpoint:  # noqa: ARG002  # the parent has no say
        return self.by[arguments.pop(self.name)]


@dataclass(frozen=True)
class ByAttribute:
    """The parent chooses by one of its values."""

    name: str
    by: Mapping[Any, Endpoint]  # keyed by the members of an enum

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return tuple(self.by.values())

    def parameters(self) -> list[inspect.Parameter]:
        return []

    def pick(self, parent: object, arguments: Arguments) -> Endpoint:  # noqa: ARG002  # the caller has no say
        choice = getattr(parent, self.name)
        if choice not in self.by:
            covered = ", ".join(one.name for one in self.by)
            raise NoData(f"CoinGlass has this for {covered} only, not for {choice.name}.")
        return self.by[choice]


class Custom(Protocol):
    """A payload class that reads its own layout."""

    @classmethod
    def decoder(cls) -> Decode[Any]: ...
    @classmethod
    def of(cls, source: Source, value: Any) -> Any: ...  # noqa: ANN401  # of the class, from what its decoder made


def upstream(
    endpoint: Endpoint | Chosen,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    defaults: Mapping[str, object] | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field that is answered by one endpoint, or by one of several.

    `bind` gives parameters from the parent's attributes, `defaults` values for arguments that need not be given,
    `prepare` completes the arguments before they become parameters, `alternatives` names fields that may answer where
    the plan lacks this one.
    """
    chosen: Chosen = Only(endpoint) if isinstance(endpoint, Endpoint) else endpoint
    params, attributes, given = chosen.endpoints[0].params, bind or {}, defaults or {}
    is_series = issubclass(payload, Series)
    decoders = {one: _series_decoder(payload, one) if is_series else _decoder(payload, one) for one in chosen.endpoints}
    answer = _series(cast("type[Series]", payload), decoders) if is_series else _payload(payload, decoders)

    def resolve(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        arguments = {**given, **arguments, **bound(self, attributes)}
        picked = chosen.pick(self, arguments)
        policy = arguments.pop("on_plan_limit", PlanLimitPolicy.FAIL)
        if prepare is not None:
            return prepared(info.context, picked, arguments, policy, prepare)
        return answer(info.context, picked, arguments, policy)

    async def prepared(
        context: Context, picked: Endpoint, arguments: Arguments, policy: PlanLimitPolicy, prepare: Prepare
    ) -> object:
        complete = await prepare(context, arguments)
        found = answer(context, picked, complete, policy)
        return await found if isawaitable(found) else found

    policies = [POLICY] if is_series else []
    sign(resolve, [*chosen.parameters(), *arguments_of(params, attributes, given), *policies])
    return cast("P", field(resolve, chosen.endpoints, alternatives, description, decoders=decoders))


def upstream_row(
    endpoint: Endpoint,
    payload: type[P],
    rows: Callable[..., RowKey],
    *,
    params: type[Params] = Params,
    prepare: Prepare | None = None,
    record: type | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field that is answered by the parent's row of a list that answers many parents.

    `rows` says which row of which list, out of the parent and the arguments that stand in `params`, which `prepare`
    completes. `record` is the class of the list's rows where it is not the payload.
    """

    async def resolve(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        bound(self, {})
        if prepare is not None:
            arguments = await prepare(info.context, arguments)
        found = await info.context.loaders.row.load(rows(self, **arguments))
        if found is None:
            raise NoData("CoinGlass lists no such row at present.")
        answer, values = found
        return _filled(payload, answer, values)

    sign(resolve, arguments_of(params, (), {}))
    decoders = {endpoint: rows_decoder(record or payload, endpoint)}
    return cast("P", field(resolve, (endpoint,), alternatives, description, shared=True, decoders=decoders))


def composed(
    *endpoints: Endpoint,
    description: str,
    alternatives: Alternatives = NO_ALTERNATIVES,
    decoders: Decoders = NO_DECODERS,
) -> Callable[[Callable[..., Awaitable[object]]], Any]:
    """Decorate a method that answers a field from several requests, or from a part of one.

    `decoders` are those by which it reads the answers.
    """
    return lambda resolve: field(resolve, endpoints, alternatives, description, decoders=decoders)


def field(
    resolve: Callable[..., object],
    endpoints: Sequence[Endpoint],
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
    *,
    shared: bool = False,
    decoders: Decoders = NO_DECODERS,
) -> Any:  # noqa: ANN401  # strawberry's own stub
    """Make a Strawberry field that states its endpoints and whose failures are values.

    `shared`: one upstream call answers the field for many parents. `decoders`: how it reads the answers.
    """

    def failed(error: CoinglassError | InvalidRequest, context: Context) -> Problems:
        error.endpoint = error.endpoint or endpoints[0].path
        if context.plan is not None:
            context.plan.refuse(error)
        if isinstance(error, Gated):
            context.gated()
        found = problem(error, context.client.gate, alternatives)
        context.validity.expire_at(_holds_until(error))
        return found

    async def later(waiting: Awaitable[object], context: Context) -> object:
        try:
            return await waiting
        except FAILURES as error:
            return failed(error, context)

    @functools.wraps(omittable(resolve))
    def answered(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        """Return the value if everything is in memory, otherwise an awaitable of it."""
        try:
            found = resolve(self, info, **arguments)
        except FAILURES as error:
            return failed(error, info.context)
        if type(found) is Deferred:
            found.rescue = lambda error: failed(error, info.context)
            return found
        return later(cast("Awaitable[object]", found), info.context) if hasattr(type(found), "__await__") else found

    return strawberry.field(
        resolver=answered,
        description=description or endpoints[0].summary,
        directives=[Upstream.of(endpoint) for endpoint in endpoints],
        metadata={"endpoints": tuple(endpoints), "alternatives": alternatives, "shared": shared, "decoders": decoders},
    )


def _holds_until(error: CoinglassError | InvalidRequest) -> float:
    """Monotonic seconds until when the field would fail in the same way."""
    match error:
        case Gated() | InvalidRequest(lasting=True):
            return math.inf
        case _:
            return 0.0


def bound(parent: object, names: Mapping[str, str]) -> Arguments:
    """Parameters out of the parent's attributes; raises what kept the parent from being looked up."""
    failure = getattr(parent, "unresolved", None)
    if failure is not None:
        raise failure
    return {parameter: getattr(parent, attribute) for parameter, attribute in names.items()}


_Answer: TypeAlias = Callable[[Context, Endpoint, Arguments, PlanLimitPolicy], object]  # a payload, or what waits


def _series(payload: type[Series], decoders: Decoders) -> _Answer:
    def answer(context: Context, endpoint: Endpoint, arguments: Arguments, policy: PlanLimitPolicy) -> object:
        asked = context, endpoint, arguments, decoders[endpoint], policy
        if not context.client.plan_is_resolved:
            return later(serve(*asked))
        plan = plan_window(*asked)
        fresh = get_fresh(context, plan)
        if fresh is not None:
            return payload.of(fresh)
        return Deferred(fetch(context, plan), lambda answers: payload.of(served(plan, answers)))

    async def later(waiting: Awaitable[Served]) -> object:
        return payload.of(await waiting)

    return answer


def _series_decoder(payload: type, endpoint: Endpoint) -> Decode[Any]:
    return series_decoder(payload, rows_field(payload)[1], endpoint)


def series_decoder(payload: type, row: type, endpoint: Endpoint) -> Decode[Any]:
    """Return the payload's own decoder, if it has one."""
    own: Decode[Any] | None = payload.decoder() if hasattr(payload, "decoder") else None
    return columns_decoder(row, endpoint) if own is None else own


def _payload(payload: type, decoders: Decoders) -> _Answer:
    def answer(context: Context, endpoint: Endpoint, arguments: Arguments, _: PlanLimitPolicy) -> object:
        call = Call(endpoint, endpoint.params(**arguments), decoders[endpoint])
        held = context.loaders.get_fresh(call)
        return later(context, call) if held is None else _filled(payload, held, held.value)

    async def later(context: Context, call: Call) -> object:
        got = await context.loaders.endpoint.load(call)
        return _filled(payload, got, got.value)

    return answer


def _decoder(payload: type, endpoint: Endpoint) -> Decode[Any]:
    if hasattr(payload, "decoder"):
        return cast("type[Custom]", payload).decoder()
    if isinstance(endpoint.shape, Record):
        return record_decoder(payload, endpoint)
    return rows_decoder(rows_field(payload)[1], endpoint)


def _filled(payload: type, answer: Answer[Any], value: Any) -> object:  # noqa: ANN401  # what the decoder made
    source = Source.of([answer])
    if hasattr(payload, "of"):
        return cast("type[Custom]", payload).of(source, value)
    if isinstance(value, list):
        capped = {"capped": is_capped(answer)} if issubclass(payload, CappedList) else {}
        return payload(source=source, **{rows_field(payload)[0]: value}, **capped)
    return payload(source=source, **value)
