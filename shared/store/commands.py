"""Operations of the store."""

import time
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from shared.store.errors import CommandRefused, StoreAway
from shared.store.observer import StoreObserver
from shared.store.script import LuaScript

Argument: TypeAlias = str | bytes | int | float
StoreReply: TypeAlias = "bytes | int | float | bool | list[StoreReply] | dict[StoreKey, StoreReply] | None"
StoreKey: TypeAlias = bytes | int | float | bool | None  # what a map of RESP3 may have as its key
Send: TypeAlias = Callable[[tuple[Argument, ...]], "Future[StoreReply]"]

_ARGUMENTS: Final = ", with args beginning with"  # which an error names behind an unknown command
_MAX_REASON: Final = 300  # characters


class Commands:
    """Each operation has the time limit of the store. Raises StoreAway and CommandRefused."""

    def __init__(self, send: Send, observer: StoreObserver) -> None:
        self._send = send
        self._observer = observer

    async def execute(self, *command: Argument) -> StoreReply:
        """Return the reply to a command, whose words are separate arguments."""
        return await self._observed(str(command[0]), command)

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()) -> StoreReply:
        """Return what the script returns. A script that the store lacks is sent again, with its source."""
        try:
            return await self._observed(script.name, ("EVALSHA", script.digest, len(keys), *keys, *args))
        except CommandRefused as refusal:
            if refusal.code != "NOSCRIPT":
                raise
        return await self._observed(script.name, ("EVAL", script.source, len(keys), *keys, *args))

    async def get(self, name: str) -> bytes | None:
        reply = await self.execute("GET", name)
        if reply is not None and not isinstance(reply, bytes):
            raise TypeError(f"GET returned {type(reply).__name__}")
        return reply

    async def set(self, name: str, value: bytes | str, seconds: float) -> None:
        """Write a value that expires: nothing stays in the store for ever."""
        await self.execute("SET", name, value, "PX", max(1, round(seconds * 1000)))

    async def delete(self, *names: str) -> None:
        await self.execute("DEL", *names)

    async def _observed(self, name: str, command: tuple[Argument, ...]) -> StoreReply:
        began = time.perf_counter()
        try:
            reply = await self._send(command)
        except StoreAway:
            self._observer.on_failure(name, "away")
            raise
        except CommandRefused as refusal:
            if refusal.code != "NOSCRIPT":
                self.report_refusal(name, refusal)
            raise
        self._observer.on_operation(name, time.perf_counter() - began)
        return reply

    def report_refusal(self, name: str, refusal: CommandRefused) -> None:
        self._observer.on_failure(name, refusal.code)
        self._observer.on_refusal(name, refusal.code, _reason(refusal))


def _reason(refusal: CommandRefused) -> str:
    """Return why, in one line without the arguments of the command."""
    text, _, _ = str(refusal).partition(_ARGUMENTS)
    return " ".join(text.split())[:_MAX_REASON]
