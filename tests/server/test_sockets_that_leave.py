import asyncio
import json
import logging

import pytest
from starlette.types import ASGIApp, Message

from server.app import create_app
from server.settings import Settings

SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}


class LeavingClient:
    """Sends texts, and leaves after it has received some messages: the next one that the server sends fails."""

    def __init__(self, *texts: str, receives: int) -> None:
        self._texts, self._left = list(texts), receives
        self.received: list[Message] = []
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        if not self.received:
            return {"type": "websocket.connect"}
        if self._texts:
            return {"type": "websocket.receive", "text": self._texts.pop(0)}
        await self.gone.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(self, message: Message) -> None:
        if len(self.received) == self._left:
            self.gone.set()
            raise OSError
        self.received.append(message)


@pytest.fixture
def app() -> ASGIApp:
    return create_app(Settings.from_env({"COINGLASS_API_KEY": "sandbox", "COINGLASS_BASE_URL": "http://127.0.0.1:9"}))


async def connect(app: ASGIApp, client: LeavingClient) -> None:
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"sec-websocket-protocol", b"graphql-transport-ws")],
        "subprotocols": ["graphql-transport-ws"],
        "client": ("127.0.0.1", 1),
    }
    async with asyncio.timeout(5):
        await app(scope, client.receive, client.send)


INIT = json.dumps({"type": "connection_init"})


@pytest.mark.parametrize(
    ("texts", "receives"),
    [
        pytest.param([INIT], 1, id="before the connection is acknowledged"),
        pytest.param([INIT, json.dumps(SUBSCRIBE)], 2, id="before the result of an operation"),
        pytest.param([INIT, json.dumps(SUBSCRIBE)], 3, id="between a result and its end"),
        pytest.param([INIT, "no JSON"], 2, id="before the close for a malformed message"),
        pytest.param([json.dumps(SUBSCRIBE)], 1, id="before the close for a missing initialisation"),
    ],
)
async def test_a_client_that_leaves_while_the_server_sends_is_no_failure(
    app: ASGIApp, texts: list[str], receives: int, caplog: pytest.LogCaptureFixture
) -> None:
    client = LeavingClient(*texts, receives=receives)
    with caplog.at_level(logging.DEBUG):
        await connect(app, client)
    assert client.gone.is_set()
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
