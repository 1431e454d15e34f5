"""Messages that come at once leave everyone else a turn."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.websockets import WebSocketState

from resolvers.turns import Turns
from server import websocket
from server.websocket import TextFrames

MESSAGES = 50


async def test_messages_that_came_at_once_are_read_in_turns_with_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_turns", Turns(0.0))
    unread = iter(range(MESSAGES))

    async def receive_text() -> str:
        return str(next(unread))

    socket = SimpleNamespace(receive_text=receive_text, application_state=WebSocketState.CONNECTED)
    frames = TextFrames(cast("Any", SimpleNamespace(decode_json=int)), cast("Any", socket), cast("Any", socket))
    passes = 0

    async def count_passes() -> None:
        nonlocal passes
        while True:
            passes += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_passes())
    async for number in frames.iter_json():
        if number == MESSAGES - 1:
            break
    counting.cancel()
    assert passes >= MESSAGES - 1
