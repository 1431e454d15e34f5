"""One request to the application in this process, called as uvicorn calls it."""

import asyncio

from starlette.types import ASGIApp, Message


async def post(app: ASGIApp, body: bytes) -> bytes:
    """Post the JSON to `/graphql` and return the body; raises RuntimeError for another status than 200."""
    sent: list[Message] = []
    received: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not received:
            await asyncio.Event().wait()  # the client stays
        return received.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    if sent[0]["status"] != 200:  # noqa: PLR2004
        raise RuntimeError(f"The request failed: {sent!r}")
    answer: bytes = sent[1]["body"]
    return answer
