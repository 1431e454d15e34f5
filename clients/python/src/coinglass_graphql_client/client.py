"""The clients: synchronous and asynchronous, with the same methods."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx
import msgspec

from coinglass_graphql_client import _history
from coinglass_graphql_client._costs import Cost, dry_run
from coinglass_graphql_client._credentials import Credentials, HeaderAuth, Token
from coinglass_graphql_client._flow import Failure, Flow, Reply, Send, body_of, run, run_async
from coinglass_graphql_client._history import HistoryPlan
from coinglass_graphql_client._joined import History
from coinglass_graphql_client._progress import OnProgress
from coinglass_graphql_client._requests import Request, SeriesRequest
from coinglass_graphql_client._session import Session, Usage
from coinglass_graphql_client._subscriptions import EVENT_STREAM, SILENCE_SECONDS, Event, Stream, Subscription
from coinglass_graphql_client.errors import GraphError, NotConnectedError, unwrap
from coinglass_graphql_client.generated.types import Problem

T = TypeVar("T")
FiguresT = TypeVar("FiguresT", bound=msgspec.Struct)
TransportT = TypeVar("TransportT", httpx.BaseTransport, httpx.AsyncBaseTransport)

DEFAULT_URL = "http://127.0.0.1:8000"
USER_AGENT = f"coinglass-graphql-client/{version('coinglass-graphql-client')} python-httpx/{httpx.__version__}"
_CONNECT_SECONDS = 5.0

log = logging.getLogger("coinglass_graphql_client")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a document: `data` as JSON has it, and the errors beside it."""

    data: dict[str, Any]
    errors: tuple[GraphError, ...] = ()


class _Shared(Generic[TransportT]):
    """What both clients are made of."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        token: Token | None = None,
        coinglass_key: str | None = None,
        timeout: float = 30,
        retries: int = 2,
        transport: TransportT | None = None,
    ) -> None:
        address = httpx.URL(url)
        if address.scheme not in {"http", "https"} or not address.host or address.userinfo:
            raise ValueError("`url` is http:// or https:// with a host, and has no user and no password")
        self.url = str(address) if address.path.endswith("/graphql") else str(address).rstrip("/") + "/graphql"
        self._credentials = Credentials(api_key, token, coinglass_key)
        self._session = Session(retries=retries)
        self._connect(transport, timeout)

    def _connect(self, transport: TransportT | None, timeout: float) -> None:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r}, {self._credentials!r})"

    @property
    def usage(self) -> Usage:
        """Calls to CoinGlass so far, and what is left of the quota."""
        return self._session.usage

    def _options(self, timeout: float) -> dict[str, Any]:
        return {
            "auth": HeaderAuth(self._credentials),
            "headers": {
                "accept": "application/graphql-response+json, application/json;q=0.9",
                "content-type": "application/json",
                "user-agent": USER_AGENT,
            },
            "timeout": httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        }

    def _execution(self, document: str, variables: Mapping[str, Any] | None) -> Flow[Answer]:
        # The document may be a mutation one day: repeated only if it was not executed.
        body = {"query": document, "variables": dict(variables or {})}
        envelope = yield from self._session.operation(body, is_safe=False)
        data = {name: msgspec.json.decode(raw) for name, raw in (envelope.data or {}).items()}
        return Answer(data, tuple(envelope.errors))

    def _failure(self, error: httpx.TransportError) -> Failure:
        """Return an error of httpx without its request, whose headers have the credentials."""
        never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        if isinstance(error, httpx.TimeoutException):
            text = "the connection took too long" if never_sent else "no answer within the timeout"
        else:
            text = "no connection" if never_sent else "the connection broke"
        detail = f" ({error})" if str(error) else ""
        return Failure(NotConnectedError(f"{self.url}: {text}{detail}"), was_sent=not never_sent)

    def _stream_options(self, stream: Stream[Any]) -> dict[str, Any]:
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=_CONNECT_SECONDS)
        return {"content": stream.body(), "headers": {"accept": EVENT_STREAM}, "timeout": timeout}

    def _delay(self, stream: Stream[Any], failed: int, error: httpx.TransportError | None) -> float:
        """Return how long to wait for the next connection; raises if there never was one."""
        if error is not None and not stream.was_open and failed > self._session.retries:
            raise self._failure(error).error from None
        delay = stream.delay()
        if stream.was_open:
            log.warning("the connection of a subscription was lost; the next attempt follows in %.1f s", delay)
        return delay


class Client(_Shared[httpx.BaseTransport]):
    """A client of a coinglass-graphql server.

    Pass what the server wants of its callers: an `api_key`, a `token` (or a function that returns the current one), or
    neither; and a `coinglass_key` of your own where the server takes it. `timeout` is the longest silence in seconds.
    """

    def _connect(self, transport: httpx.BaseTransport | None, timeout: float) -> None:
        self._http = httpx.Client(transport=transport, **self._options(timeout))
        self._sleep: Callable[[float], None] = time.sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def fetch(self, request: Request[T]) -> T:
        """Return the payload of a request; raises a `ProblemError` if there is none."""
        result: T | Problem = self.result(request)
        return unwrap(result)

    def result(self, request: Request[T]) -> T | Problem:
        """Return the payload of a request, or its problem as a value."""
        return self._run(self._session.result(request))

    def results(self, requests: Mapping[str, Request[T]]) -> dict[str, T | Problem]:
        """Return payloads and problems of several requests by name, fetched together."""
        return self._run(self._session.results(requests))

    def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer to a GraphQL document; raises a `RequestError` if there is no data at all."""
        return self._run(self._execution(document, variables))

    def subscribe(self, subscription: Subscription[FiguresT], *, keep: int | None = None) -> Iterator[Event[FiguresT]]:
        """Yield the events of a subscription, until the server completes it or the loop ends.

        A lost connection is opened again, after a second at first and half a minute at most, and the stream goes on
        after the last event: nothing is missing or doubled, or a `StreamStatus` says what is. Raises
        `InvalidInputError` for a wrong argument, and `NotConnectedError` if there is no server.
        `keep`: how many rows of a channel, such as trades, `data` has; without it those of the update.
        """
        stream, failed = Stream(subscription, keep), 0
        while True:
            error = None
            try:
                with self._http.stream("POST", self.url, **self._stream_options(stream)) as response:
                    if stream.accept(response.status_code, response.headers):
                        for piece in response.iter_bytes():
                            yield from stream.read(piece)
                            if stream.is_over:
                                return
                    else:
                        content = response.read()
                        stream.refuse(Reply(response.status_code, response.headers, content))
            except httpx.TransportError as failure:
                error, failed = failure, failed + 1
            self._sleep(self._delay(stream, failed, error))

    def cost(self, requests: Mapping[str, Request[Any]] | Request[Any]) -> Cost:
        """Return what requests would cost now, by a dry run."""
        return self._run(dry_run(self._session, requests))

    def plan_history(
        self,
        series: Mapping[str, SeriesRequest[Any]],
        start: datetime,
        end: datetime | None = None,
        *,
        clip: bool = False,
        checkpoint: str | Path | None = None,
    ) -> HistoryPlan:
        """Return how to fetch a long history, and what it costs, by dry runs.

        `end` is excluded; without it the history ends with the last closed interval. `clip` takes the part that the
        CoinGlass plan includes, where it does not reach back to `start`. In the folder `checkpoint` each page is saved
        as it arrives, so that the same call goes on after an interruption.
        """
        requested = _history.HistoryRequest(self.url, series, start, end, checkpoint, clip=clip)
        return self._run(_history.plan(self._session, requested, datetime.now(UTC)))

    def fetch_history(self, plan: HistoryPlan, *, progress: OnProgress = False) -> History:
        """Fetch a history. `progress` is True for a bar, or a function that gets a `Progress` after each page."""
        return self._run(_history.fetch(self._session, plan, progress))

    def _run(self, flow: Flow[T]) -> T:
        return run(flow, self._post, self._sleep)

    def _post(self, effect: Send) -> Reply | Failure:
        try:
            response = self._http.post(self.url, content=body_of(effect), headers=dict(effect.headers))
        except httpx.TransportError as error:
            return self._failure(error)
        return Reply(response.status_code, response.headers, response.content)


class AsyncClient(_Shared[httpx.AsyncBaseTransport]):
    """The same client for asyncio: its methods are awaited. See `Client`."""

    def _connect(self, transport: httpx.AsyncBaseTransport | None, timeout: float) -> None:
        self._http = httpx.AsyncClient(transport=transport, **self._options(timeout))
        self._sleep = asyncio.sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def fetch(self, request: Request[T]) -> T:
        """Return the payload of a request; raises a `ProblemError` if there is none."""
        result: T | Problem = await self.result(request)
        return unwrap(result)

    async def result(self, request: Request[T]) -> T | Problem:
        """Return the payload of a request, or its problem as a value."""
        return await self._run(self._session.result(request))

    async def results(self, requests: Mapping[str, Request[T]]) -> dict[str, T | Problem]:
        """Return payloads and problems of several requests by name, fetched together."""
        return await self._run(self._session.results(requests))

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer to a GraphQL document; raises a `RequestError` if there is no data at all."""
        return await self._run(self._execution(document, variables))

    async def subscribe(
        self, subscription: Subscription[FiguresT], *, keep: int | None = None
    ) -> AsyncIterator[Event[FiguresT]]:
        """Yield the events of a subscription. See `Client.subscribe`."""
        stream, failed = Stream(subscription, keep), 0
        while True:
            error = None
            try:
                async with self._http.stream("POST", self.url, **self._stream_options(stream)) as response:
                    if stream.accept(response.status_code, response.headers):
                        async for piece in response.aiter_bytes():
                            for event in stream.read(piece):
                                yield event
                            if stream.is_over:
                                return
                    else:
                        content = await response.aread()
                        stream.refuse(Reply(response.status_code, response.headers, content))
            except httpx.TransportError as failure:
                error, failed = failure, failed + 1
            await self._sleep(self._delay(stream, failed, error))

    async def cost(self, requests: Mapping[str, Request[Any]] | Request[Any]) -> Cost:
        """Return what requests would cost now, by a dry run."""
        return await self._run(dry_run(self._session, requests))

    async def plan_history(
        self,
        series: Mapping[str, SeriesRequest[Any]],
        start: datetime,
        end: datetime | None = None,
        *,
        clip: bool = False,
        checkpoint: str | Path | None = None,
    ) -> HistoryPlan:
        """Return how to fetch a long history, and what it costs. See `Client.plan_history`."""
        requested = _history.HistoryRequest(self.url, series, start, end, checkpoint, clip=clip)
        return await self._run(_history.plan(self._session, requested, datetime.now(UTC)))

    async def fetch_history(self, plan: HistoryPlan, *, progress: OnProgress = False) -> History:
        """Fetch a history. See `Client.fetch_history`."""
        return await self._run(_history.fetch(self._session, plan, progress))

    async def _run(self, flow: Flow[T]) -> T:
        return await run_async(flow, self._post, self._sleep)

    async def _post(self, effect: Send) -> Reply | Failure:
        try:
            response = await self._http.post(self.url, content=body_of(effect), headers=dict(effect.headers))
        except httpx.TransportError as error:
            return self._failure(error)
        return Reply(response.status_code, response.headers, response.content)
