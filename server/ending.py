"""What a request hears that the server could not finish before it had to end.

At a signal uvicorn takes no more connections, closes those that rest and waits for what is under way; what still runs
after GRACEFUL_SECONDS is cancelled, and this alone cancels a request. Operations end at their deadline, so with the
default settings there is none.
"""

import asyncio
import contextlib

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER = 1  # seconds; by then a server that is started again, or another one, answers


class Ending:
    """ASGI around everything: a cancelled request is refused with a 503."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            with contextlib.suppress(RuntimeError):  # the answer has begun: its connection breaks off
                await _refusal()(scope, receive, send)


def _refusal() -> Response:
    message = "The server ends and could not finish this request. Send it again."
    body = {"errors": [{"message": message, "extensions": {"code": "SERVICE_UNAVAILABLE"}}]}
    headers = {"retry-after": str(RETRY_AFTER), "cache-control": "no-store"}
    return Response(orjson.dumps(body), 503, headers, "application/json")
