"""Answers requests that graceful shutdown could not finish with 503 and `Retry-After`.

At a signal uvicorn accepts no more connections, closes idle ones and waits for requests in progress. It cancels those
that still run after GRACEFUL_SECONDS, and nothing else cancels a request. Operations end at their deadline, so with the
default settings none is cancelled.
"""

import asyncio

from server.http import NO_STORE, Handler, Request, Response, refusal

_RETRY_AFTER = (b"retry-after", b"1")  # seconds; by then a restarted server, or another one, answers


class GracefulShutdown:
    def __init__(self, handle: Handler) -> None:
        self._handle = handle

    async def __call__(self, request: Request) -> Response:
        try:
            return await self._handle(request)
        except asyncio.CancelledError:
            return unfinished()


def unfinished() -> Response:
    message = "The server is shutting down and could not finish this request. Send it again."
    response = refusal(503, message, "SERVICE_UNAVAILABLE")
    response.headers += (_RETRY_AFTER, NO_STORE)
    response.upstream_calls = None
    return response
