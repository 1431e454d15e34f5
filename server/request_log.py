"""Logs each request that the response cache did not answer."""

import time

import structlog

from server.http import Handler, Request, Response


class RequestLog:
    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._log = structlog.get_logger(__name__).bind()  # once: logging is configured by now

    async def __call__(self, request: Request) -> Response:
        started, status = time.perf_counter(), 500
        try:
            response = await self._handle(request)
            status = response.status
            return response
        finally:
            self._log.info(
                "request",
                method=request.method,
                path=request.path,
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                request_id=request.request_id,
            )
