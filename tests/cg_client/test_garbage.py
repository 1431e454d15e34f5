"""A failed call leaves no reference cycle: its frames would keep the body alive until garbage collection."""

import gc
from collections.abc import Iterator
from types import FrameType

import httpx
import pytest

from cg_client.call import Call
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.endpoints.futures.market import PRICE_HISTORY
from cg_client.errors import CoinglassError
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from resolvers.decode import columns_decoder
from schema.futures.market import PriceCandle
from tests.clock import FakeClock
from tests.test_imports import ROOT

PRODUCT = str(ROOT / "cg_client")
ROW = b'{"time": "no time", "open": "1", "high": "1", "low": "1", "close": "1", "volume_usd": "1"}'


@pytest.fixture
def saved_garbage() -> Iterator[None]:
    """Let the collector keep what it finds, and run only when it is called."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.enable()
    gc.garbage.clear()


@pytest.mark.parametrize(
    "body",
    [b'{"code": "0", "data": [', b'{"code": "0", "data": [%s]}' % ROW, b'{"code": "500", "msg": "Server Error"}'],
    ids=["cut short", "no row can be read", "a server error"],
)
@pytest.mark.usefixtures("saved_garbage")
async def test_a_failed_call_keeps_no_stack_frame_alive(body: bytes) -> None:
    config = ClientConfig(api_key=Secret("key"), base_url="http://upstream", plan=Plan.ENTERPRISE)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    client = Client(config, clock=FakeClock(), transport=transport, policy=RetryPolicy(attempts=3))
    params = PairSeries(exchange="Binance", symbol="BTCUSDT", interval=Interval.H1)
    with pytest.raises(CoinglassError):
        await client.get(Call(PRICE_HISTORY, params, columns_decoder(PriceCandle, PRICE_HISTORY)))
    await client.close()
    gc.collect()
    frames = [item for item in gc.garbage if isinstance(item, FrameType)]
    assert {frame.f_code.co_qualname for frame in frames if frame.f_code.co_filename.startswith(PRODUCT)} == set()
