"""Series that CoinGlass gives whole, most of them of one point a day: fetched once and cut here."""

import inspect
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, Self, TypeAlias, TypeVar, cast

import strawberry

from cg_client.call import Answer, Call
from cg_client.endpoint import Endpoint
from cg_client.errors import BadArgument
from graph_types.problems import Problems
from payloads.columns import Columns
from payloads.source import DataSource
from resolvers.arguments import argument, arguments_of, sign
from resolvers.by_exchange import History
from resolvers.context import Context, Info
from resolvers.costs import ASSUMED_ROWS, DailyCost
from resolvers.endpoint_choice import EndpointChoice
from resolvers.field import Alternatives, bound, field, series_decoder
from resolvers.results import NO_ALTERNATIVES

WholeRows: TypeAlias = Columns[Any] | History


class DailyPayload(Protocol):
    @classmethod
    def of_rows(cls, source: DataSource, rows: Any, now: float) -> Self: ...  # noqa: ANN401  # what its decoder made


P = TypeVar("P", bound=DailyPayload)
W = TypeVar("W", Columns[Any], History)

DAYS = DailyCost()

Window: TypeAlias = tuple[int | None, datetime | None, datetime | None]  # the newest so many, from, to

TO = "End of the window, inclusive. Left out: today. A later `to` or `from` includes days to come, if there are any."
_LAST = argument("last", int | None, "Number of newest days, up to `to`. Left out: all there are.", strawberry.UNSET)
_LAST_POINTS = argument(
    "last", int | None, "Number of newest points, up to `to`. Left out: all there are.", strawberry.UNSET
)
_FROM = argument(
    "from_", datetime | None, "Start of the window, inclusive. Not together with `last`.", strawberry.UNSET
)
_TO = argument("to", datetime | None, TO, strawberry.UNSET)
_TO_POINTS = argument("to", datetime | None, "End of the window, inclusive. Left out: now.", strawberry.UNSET)


def upstream_daily(
    endpoint: Endpoint | EndpointChoice,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field of days with `last` or `from`/`to`; every window of it costs the same one request."""
    return _upstream_whole(endpoint, payload, bind, alternatives, description, window=(_LAST, _FROM, _TO), cost=DAYS)


def upstream_windowed(
    endpoint: Endpoint | EndpointChoice,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
) -> P | Problems:
    """Make a field of points, of which there may be several a day, with the arguments of `upstream_daily`."""
    window, cost = (_LAST_POINTS, _FROM, _TO_POINTS), DailyCost(ASSUMED_ROWS)
    return _upstream_whole(endpoint, payload, bind, alternatives, None, window=window, cost=cost)


def _upstream_whole(
    endpoint: Endpoint | EndpointChoice,
    payload: type[P],
    bind: Mapping[str, str] | None,
    alternatives: Alternatives,
    description: str | None,
    *,
    window: Sequence[inspect.Parameter],
    cost: DailyCost,
) -> P | Problems:
    """Make a field with `window` as its arguments `last`, `from` and `to`.

    `bind` gives parameters from the parent's attributes; the other parameters of the endpoint are arguments.
    """
    endpoints = (endpoint,) if isinstance(endpoint, Endpoint) else endpoint.endpoints
    params, attributes = endpoints[0].params, bind or {}
    decoders = {item: series_decoder(payload, item) for item in endpoints}

    def resolve(
        self: object,
        info: Info,
        last: int | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
        **arguments: Any,  # noqa: ANN401  # as the signature states
    ) -> object:
        requested = (last, from_, to)
        check_window(*requested)
        if attributes:
            arguments |= bound(self, attributes)
        picked = endpoint if isinstance(endpoint, Endpoint) else endpoint.pick(self, arguments)
        call = Call(picked, params(**arguments), decoders[picked])
        fresh = info.context.get_fresh(call)
        if fresh is None:
            return fetched(info.context, info.context.loaders.endpoint.load(call), requested)
        return daily_payload(info.context, payload, fresh, fresh.value, requested)

    async def fetched(context: Context, waiting: Awaitable[Answer[Any]], window: Window) -> object:
        answer = await waiting
        return daily_payload(context, payload, answer, answer.value, window)

    choices = [] if isinstance(endpoint, Endpoint) else endpoint.parameters()
    sign(resolve, [*choices, *arguments_of(params, attributes, {}), *window])
    return cast("P", field(resolve, endpoints, alternatives, description, decoders=decoders, cost=cost))


def check_window(last: int | None, from_: datetime | None, to: datetime | None) -> None:
    """Check the window before anything is sent; raises BadArgument."""
    if last is not None and from_ is not None:
        raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.", "last")
    if last is not None and last < 1:
        raise BadArgument(f"`last` is a number from 1, not {last}.", "last")
    if from_ is not None and to is not None and from_ > to:
        raise BadArgument("`from` must not be after `to`.", "from")


def daily_payload(context: Context, payload: type[P], answer: Answer[Any], rows: W, window: Window) -> P:
    """Make the payload of the window's rows, which holds until the next day of those to come begins."""
    now = context.client.clock.now().timestamp()
    coming = _first_after(rows, now)
    if coming is not None:
        context.validity.expire_at(context.client.clock.monotonic() + coming - now)
    return payload.of_rows(DataSource.of([answer]), cut(rows, now, *window), now)


def cut(rows: W, now: float, last: int | None, from_: datetime | None, to: datetime | None) -> W:
    """Return the rows of the window, which ends at `now` (in seconds) unless it ends or begins later."""
    times = _times(rows)
    start = 0 if from_ is None else bisect_left(times, from_.timestamp() * 1000)
    if to is None and from_ is not None and from_.timestamp() > now:
        end = len(times)
    else:
        end = bisect_right(times, (now if to is None else to.timestamp()) * 1000)
    rows = rows[start : max(start, end)]
    return rows if last is None else rows[max(0, len(rows) - last) :]


def _times(rows: WholeRows) -> Sequence[int]:
    return rows.times if isinstance(rows, History) else rows.column("timestamp").stored


def _first_after(rows: WholeRows, now: float) -> float | None:
    """Time of the first point to come, in seconds."""
    times = _times(rows)
    if not len(times) or times[-1] <= now * 1000:
        return None
    first: int = times[bisect_right(times, now * 1000)]
    return first / 1000
