"""`upstream(ENDPOINT, Payload)`: a field of the graph made from a catalogue entry and a payload class."""

import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import strawberry
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

from cg_client.call import Answer, Call, Decode
from cg_client.decoding.shapes import KeyedRows, Record
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, Gated, InvalidRequest, NoData
from cg_client.params.core import PageParams, Params
from cg_client.plans.plan_table import Plan
from graph_types.enums import PlanLimitPolicy
from graph_types.fields import omittable
from graph_types.problems import Problems
from payloads.series import Series, ServedWindow
from payloads.source import CappedList, DataSource, rows_field
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Context, Info
from resolvers.costs import FieldCost, FixedCost, WindowCost, directives
from resolvers.decode import columns_decoder, record_decoder, rows_decoder
from resolvers.endpoint_choice import Arguments, EndpointChoice
from resolvers.keyed_rows import keyed_rows_decoder
from resolvers.lists import MAX_PAGES, is_capped
from resolvers.loaders import RowKey
from resolvers.results import FAILURES, NO_ALTERNATIVES, problem
from resolvers.series import cut_window, fetch, fetch_window, get_fresh, plan_window
from resolvers.window_planner import WindowPlan

P = TypeVar("P")
Alternatives: TypeAlias = Mapping[str, Endpoint]
Decoders: TypeAlias = Mapping[Endpoint, Decode[Any]]
Prepare: TypeAlias = Callable[[Context, Arguments], Awaitable[Arguments]]

NO_DECODERS: Decoders = {}
ONE_CALL: FieldCost = FixedCost()
POLICY = argument(
    "on_plan_limit",
    PlanLimitPolicy,
    "What to do where the plan does not include the interval or the window.",
    PlanLimitPolicy.FAIL,
)


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    repeatable=True,
    description="The CoinGlass endpoint behind a field, the smallest plan that includes it, and its refresh time.",
)
class Upstream:
    path: str
    plan: Plan
    refresh_seconds: int

    @classmethod
    def of(cls, endpoint: Endpoint) -> "Upstream":
        return cls(path=endpoint.path, plan=endpoint.plan, refresh_seconds=int(endpoint.refresh.total_seconds()))


class Custom(Protocol):
    """A payload class that reads its own layout."""

    @classmethod
    def decoder(cls) -> Decode[Any]: ...
    @classmethod
    def of(cls, source: DataSource, value: Any) -> Any: ...  # noqa: ANN401  # of the class, from what its decoder made


def upstream(
    endpoint: Endpoint | EndpointChoice,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    defaults: Mapping[str, object] | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field that is answered by one endpoint, or by one of several.

    `bind` gives parameters from the parent's attributes, `defaults` values for arguments that may be left out,
    `prepare` completes the arguments before they become parameters, `alternatives` names fields that may answer if
    the plan lacks this one.
    """
    endpoints = (endpoint,) if isinstance(endpoint, Endpoint) else endpoint.endpoints
    params, attributes, default_arguments = endpoints[0].params, bind or {}, defaults or {}
    is_series = issubclass(payload, Series)
    decoder = series_decoder if is_series else _decoder
    decoders = {item: decoder(payload, item) for item in endpoints}
    respond = _series_field(cast("type[Series]", payload), decoders) if is_series else _payload_field(payload, decoders)

    def resolve(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        arguments = {**default_arguments, **arguments, **bound(self, attributes)}
        picked = endpoint if isinstance(endpoint, Endpoint) else endpoint.pick(self, arguments)
        policy = arguments.pop("on_plan_limit", PlanLimitPolicy.FAIL)
        if prepare is not None:
            return prepared(info.context, picked, arguments, policy, prepare)
        return respond(info.context, picked, arguments, policy)

    async def prepared(
        context: Context, picked: Endpoint, arguments: Arguments, policy: PlanLimitPolicy, prepare: Prepare
    ) -> object:
        response = respond(context, picked, await prepare(context, arguments), policy)
        return await response if isawaitable(response) else response

    choices = [] if isinstance(endpoint, Endpoint) else endpoint.parameters()
    sign(resolve, [*choices, *arguments_of(params, attributes, default_arguments), *([POLICY] if is_series else [])])
    cost: FieldCost = WindowCost(min(item.page_rows for item in endpoints)) if is_series else FixedCost()
    return cast("P", field(resolve, endpoints, alternatives, description, decoders=decoders, cost=cost))


def upstream_row(
    endpoint: Endpoint,
    payload: type[P],
    row_key: Callable[..., RowKey],
    *,
    params: type[Params] = Params,
    prepare: Prepare | None = None,
    record: type | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field whose value is the parent's row in a list that parents share: all, or those of one coin.

    `row_key` returns the key of the row, from the parent and the arguments; `params` declares them, and `prepare` may
    complete them. `record` is the class of the list's rows if it is not the payload.
    """

    async def resolve(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        raise_if_unresolved(self)
        if prepare is not None:
            arguments = await prepare(info.context, arguments)
        loaded = await info.context.loaders.row.load(row_key(self, **arguments))
        if loaded is None:
            raise NoData("CoinGlass lists no such row at present.")
        return _filled(payload, *loaded)

    sign(resolve, arguments_of(params, (), {}))
    decoders = {endpoint: rows_decoder(record or payload, endpoint)}
    pages = MAX_PAGES if issubclass(endpoint.params, PageParams) else 1
    is_of_parent = any(parameter.name == "symbol" for parameter in dataclasses.fields(endpoint.params))
    cost = FixedCost(pages, is_shared=not is_of_parent)
    return cast("P", field(resolve, (endpoint,), alternatives, description, decoders=decoders, cost=cost))


def composed(
    *endpoints: Endpoint,
    description: str,
    alternatives: Alternatives = NO_ALTERNATIVES,
    decoders: Decoders = NO_DECODERS,
    cost: FieldCost = ONE_CALL,
) -> Callable[[Callable[..., Awaitable[object]]], Any]:
    """Decorate a method that answers a field from several requests, or from a part of one.

    `decoders` are those by which it reads the answers.
    """
    return lambda resolve: field(resolve, endpoints, alternatives, description, decoders=decoders, cost=cost)


def field(
    resolve: Callable[..., object],
    endpoints: Sequence[Endpoint],
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
    *,
    decoders: Decoders = NO_DECODERS,
    cost: FieldCost = ONE_CALL,
) -> Any:  # noqa: ANN401  # strawberry's own stub
    """Make a Strawberry field that states its endpoints and whose failures are values.

    `decoders`: how it reads the answers. `cost`: what it may cost.
    """

    def failed(context: Context, error: CoinglassError | InvalidRequest) -> Problems:
        error.endpoint = error.endpoint or endpoints[0].path
        if context.plan is not None:
            context.plan.refuse(error)
        context.note_problem(error)
        lasts = isinstance(error, Gated) or (isinstance(error, InvalidRequest) and error.lasting)
        if not lasts:
            context.validity.mark_uncacheable()
        return problem(error, context.client.gate, alternatives)

    async def with_failures_as_values(waiting: Awaitable[object], context: Context) -> object:
        try:
            return await waiting
        except FAILURES as error:
            return failed(context, error)

    @functools.wraps(omittable(resolve))
    def resolved(self: object, info: Info, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        """Return the value if everything is in memory, otherwise an awaitable of it."""
        try:
            result = resolve(self, info, **arguments)
        except FAILURES as error:
            return failed(info.context, error)
        return (
            with_failures_as_values(cast("Awaitable[object]", result), info.context)
            if hasattr(type(result), "__await__")
            else result
        )

    return strawberry.field(
        resolver=resolved,
        description=description or endpoints[0].summary,
        directives=[*map(Upstream.of, endpoints), *directives(cost)],
        metadata={"endpoints": tuple(endpoints), "alternatives": alternatives, "cost": cost, "decoders": decoders},
    )


def raise_if_unresolved(parent: object) -> None:
    """Raise the error of the parent's lookup, if it failed."""
    failure = getattr(parent, "unresolved", None)
    if failure is not None:
        raise failure


def bound(parent: object, names: Mapping[str, str]) -> Arguments:
    """Return parameters from the parent's attributes; raises the error of the parent's lookup."""
    raise_if_unresolved(parent)
    return {parameter: getattr(parent, attribute) for parameter, attribute in names.items()}


_Respond: TypeAlias = Callable[[Context, Endpoint, Arguments, PlanLimitPolicy], object]  # a payload, or what waits


def _series_field(payload: type[Series], decoders: Decoders) -> _Respond:
    def respond(context: Context, endpoint: Endpoint, arguments: Arguments, policy: PlanLimitPolicy) -> object:
        decode = decoders[endpoint]
        if not context.client.plan_is_resolved:
            return after_plan(fetch_window(context, endpoint, arguments, decode, policy))
        plan = plan_window(context, endpoint, arguments, decode, policy)
        fresh = get_fresh(context, plan)
        if fresh is not None:
            return payload.of(fresh)
        return fetched(context, plan)

    async def after_plan(waiting: Awaitable[ServedWindow]) -> object:
        return payload.of(await waiting)

    async def fetched(context: Context, plan: WindowPlan) -> object:
        return payload.of(cut_window(plan, await fetch(context, plan)))

    return respond


def _payload_field(payload: type, decoders: Decoders) -> _Respond:
    def respond(context: Context, endpoint: Endpoint, arguments: Arguments, _: PlanLimitPolicy) -> object:
        call = Call(endpoint, endpoint.params(**arguments), decoders[endpoint])
        fresh = context.get_fresh(call)
        return fetched(context, call) if fresh is None else _filled(payload, fresh, fresh.value)

    async def fetched(context: Context, call: Call) -> object:
        answer = await context.loaders.endpoint.load(call)
        return _filled(payload, answer, answer.value)

    return respond


def series_decoder(payload: type, endpoint: Endpoint) -> Decode[Any]:
    """Return the payload's own decoder, if it has one, otherwise one of its rows as columns."""
    decoder: Decode[Any] | None = payload.decoder() if hasattr(payload, "decoder") else None
    return columns_decoder(rows_field(payload)[1], endpoint) if decoder is None else decoder


def _decoder(payload: type, endpoint: Endpoint) -> Decode[Any]:
    if hasattr(payload, "decoder"):
        return cast("type[Custom]", payload).decoder()
    if isinstance(endpoint.shape, Record):
        return record_decoder(payload, endpoint)
    decoder = keyed_rows_decoder if isinstance(endpoint.shape, KeyedRows) else rows_decoder
    return decoder(rows_field(payload)[1], endpoint)


def _filled(payload: type, answer: Answer[Any], value: Any) -> object:  # noqa: ANN401  # what the decoder made
    source = DataSource.of([answer])
    if hasattr(payload, "of"):
        return cast("type[Custom]", payload).of(source, value)
    if isinstance(value, list):
        capped = {"capped": is_capped(answer)} if issubclass(payload, CappedList) else {}
        return payload(source=source, **{rows_field(payload)[0]: value}, **capped)
    return payload(source=source, **(value if isinstance(value, dict) else vars(value)))
