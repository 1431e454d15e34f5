"""An answer that is too large, as sent or decoded, is a typed failure, and the next request is answered."""

import gzip

import httpx
import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.errors import ProblemCode
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from tests.cg_client.conftest import KEY, body, fails, fetch
from tests.cg_client.scripted import ok, says, scripted

LIMIT = 1000  # bytes
LARGE = body("0", data=["x" * LIMIT])
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(LARGE), LARGE)
ANNOUNCED = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n{"
BOMB = ok(gzip.compress(body("0", data=["x" * 10_000_000])[:LIMIT] + b" " * 10_000_000), b"content-encoding: gzip")
HEAD = b"HTTP/1.1 200 OK\r\nx-long: %b\r\ncontent-length: 2\r\n\r\n{}" % (b"x" * 100_000)


@pytest.mark.parametrize("reply", [ok(LARGE), CHUNKED, ANNOUNCED, BOMB, HEAD])
async def test_an_oversized_body_fails_only_its_own_call(reply: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cg_client.transport.MAX_BODY", LIMIT * 20 if reply is BOMB else LIMIT)
    async with scripted(says(reply), says(ok(body("0", data=["next"])))) as server:
        url = f"http://127.0.0.1:{server.port}"
        config = ClientConfig(api_key=Secret(KEY), base_url=url, plan=Plan.HOBBYIST, connections=1)
        client = Client(config, policy=RetryPolicy(attempts=1))
        try:
            error = await fails(client)
            assert (error.code, error.retryable) == (ProblemCode.UPSTREAM_ERROR, True)
            assert isinstance(error.__cause__, httpx.DecodingError if reply is BOMB else httpx.RemoteProtocolError)
            assert (await fetch(client, "ETH")).value == ["next"]
        finally:
            await client.close()
