"""A feed that is closed is freed at once: a garbage collection is rare in a server."""

import gc
import weakref

import pytest

from tests.live.rig import LiveRig

SERIES = """subscription { price(exchange: "Binance", symbol: "BTC/USDT", interval: H4, last: 10) { __typename } }"""
CHANNEL = """subscription { futuresTrades(exchange: "Binance", symbol: "BTC/USDT") { __typename } }"""


@pytest.mark.parametrize("document", [SERIES, CHANNEL])
async def test_a_closed_feed_is_in_no_reference_cycle(document: str) -> None:
    rig = LiveRig()
    source = (await rig.operation(document)).source
    feed = weakref.ref(source.feed)
    del source
    reader = await rig.subscribe(document)
    gc.collect()
    gc.disable()
    try:
        reader.close()
        del reader
        await rig.elapse(40)
        assert len(rig.feeds) == 0
        assert feed() is None
    finally:
        gc.enable()
        await rig.close()


async def test_of_the_feeds_that_nobody_watches_the_last_left_are_kept() -> None:
    rig = LiveRig(max_lingering=2)
    for minimum in range(5):
        document = CHANNEL.replace('USDT")', f'USDT", minUsd: {minimum})')
        (await rig.subscribe(document)).close()
        await rig.settle()
    assert [channel.min_usd for channel in rig.socket.listeners] == [3, 4]
    await rig.close()
