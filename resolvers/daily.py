"""Series of one point a day, which CoinGlass gives whole: fetched once and cut here."""

from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Mapping
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
from resolvers.context import Context, Info
from resolvers.costs import DailyCost
from resolvers.endpoint_choice import EndpointChoice
from resolvers.field import Alternatives, bound, field, series_decoder
from resolvers.results import NO_ALTERNATIVES


class DailyPayload(Protocol):
    @classmethod
    def of_rows(cls, source: DataSource, rows: Columns[Any], now: float) -> Self: ...


P = TypeVar("P", bound=DailyPayload)

DAYS = DailyCost()

Window: TypeAlias = tuple[int | None, datetime | None, datetime | None]  # the newest so many, from, to

TO = "End of the window, inclusive. Left out: today. A later `to` or `from` includes days to come, if there are any."
_LAST = argument("last", int | None, "Number of newest days, up to `to`. Left out: all there are.", strawberry.UNSET)
_FROM = argument(
    "from_", datetime | None, "Start of the window, inclusive. Not together with `last`.", strawberry.UNSET
)
_TO = argument("to", datetime | None, TO, strawberry.UNSET)


def upstream_daily(
    endpoint: Endpoint | EndpointChoice,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
    description: str | None = None,
) -> P | Problems:
    """Make a field of days with `last` or `from`/`to`; every window of it costs the same one request.

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
        window = (last, from_, to)
        check_window(*window)
        if attributes:
            arguments |= bound(self, attributes)
        picked = endpoint if isinstance(endpoint, Endpoint) else endpoint.pick(self, arguments)
        call = Call(picked, params(**arguments), decoders[picked])
        fresh = info.context.get_fresh(call)
        if fresh is None:
            return fetched(info.context, info.context.loaders.endpoint.load(call), window)
        return daily_payload(info.context, payload, fresh, fresh.value, window)

    async def fetched(context: Context, waiting: Awaitable[Answer[Any]], window: Window) -> object:
        answer = await waiting
        return daily_payload(context, payload, answer, answer.value, window)

    choices = [] if isinstance(endpoint, Endpoint) else endpoint.parameters()
    sign(resolve, [*choices, *arguments_of(params, attributes, {}), _LAST, _FROM, _TO])
    return cast("P", field(resolve, endpoints, alternatives, description, decoders=decoders, cost=DAYS))


def check_window(last: int | None, from_: datetime | None, to: datetime | None) -> None:
    """Check the window before anything is sent; raises BadArgument."""
    if last is not None and from_ is not None:
        raise BadArgument("Give `last`, or `from` and `to`, but not `last` and `from`.", "last")
    if last is not None and last < 1:
        raise BadArgument(f"`last` is a number from 1, not {last}.", "last")
    if from_ is not None and to is not None and from_ > to:
        raise BadArgument("`from` must not be after `to`.", "from")


def daily_payload(context: Context, payload: type[P], answer: Answer[Any], rows: Columns[Any], window: Window) -> P:
    """Make the payload of the window's rows, which holds until the next day of those to come begins."""
    now = context.client.clock.now().timestamp()
    coming = _first_after(rows, now)
    if coming is not None:
        context.validity.expire_at(context.client.clock.monotonic() + coming - now)
    return payload.of_rows(DataSource.of([answer]), cut(rows, now, *window), now)


def cut(rows: Columns[Any], now: float, last: int | None, from_: datetime | None, to: datetime | None) -> Columns[Any]:
    """Return the rows of the window, which ends at `now` (in seconds) unless it ends or begins later."""
    times = rows.column("timestamp").stored
    start = 0 if from_ is None else bisect_left(times, from_.timestamp() * 1000)
    if to is None and from_ is not None and from_.timestamp() > now:
        end = len(times)
    else:
        end = bisect_right(times, (now if to is None else to.timestamp()) * 1000)
    rows = rows[start : max(start, end)]
    return rows if last is None else rows[max(0, len(rows) - last) :]


def _first_after(rows: Columns[Any], now: float) -> float | None:
    """Time of the first day to come, in seconds."""
    times = rows.column("timestamp").stored
    if not len(times) or times[-1] <= now * 1000:
        return None
    first: int = times[bisect_right(times, now * 1000)]
    return first / 1000
