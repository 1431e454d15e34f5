"""The WebSocket's route, and those that control it."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.live.faults import LiveFault
from sandbox.live.hub import LiveHub


def live_routes(hub: LiveHub) -> list[Route]:
    """Return the control routes of the WebSocket, which `docs/sandbox.md` describes."""

    async def state(_: Request) -> Response:
        return JSONResponse(hub.state())

    async def change(request: Request) -> Response:
        hub.change(json.loads(await request.body()))
        return Response(status_code=204)

    async def publish(request: Request) -> Response:
        options = json.loads(await request.body())
        rows = options["data"]
        messages = [[row] for row in rows] if options.get("separate") else [rows]
        reached = [hub.publish(options["channel"], message) for message in messages]
        return JSONResponse({"subscribers": max(reached, default=0)})

    async def add_fault(request: Request) -> Response:
        hub.add_fault(LiveFault.of(json.loads(await request.body())))
        return Response(status_code=201)

    async def clear_faults(_: Request) -> Response:
        hub.faults.clear()
        return Response(status_code=204)

    return [
        Route("/_sandbox/live/faults", add_fault, methods=["POST"]),
        Route("/_sandbox/live/faults", clear_faults, methods=["DELETE"]),
        Route("/_sandbox/live", state),
        Route("/_sandbox/live", change, methods=["PUT"]),
        Route("/_sandbox/events", publish, methods=["POST"]),
    ]
