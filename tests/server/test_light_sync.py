import asyncio

from server.light_sync import LightEvent, LightQueue
from tests.running import LIMIT


async def test_a_queue_returns_items_in_order_and_waits_for_more() -> None:
    queue: LightQueue[int] = LightQueue()
    reading = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    for number in range(3):
        queue.put_nowait(number)
    assert await asyncio.wait_for(reading, LIMIT) == 0
    assert [await queue.get(), await queue.get()] == [1, 2]
    assert queue.empty()


async def test_a_reader_that_is_cancelled_takes_nothing() -> None:
    queue: LightQueue[int] = LightQueue()
    reading = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait(1)
    reading.cancel()
    await asyncio.wait([reading])
    assert reading.cancelled()
    assert await queue.get() == 1


async def test_an_event_lets_all_pass_while_it_is_set() -> None:
    event = LightEvent()
    assert await event.wait()
    event.clear()
    waiting = [asyncio.create_task(event.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not event.is_set()
    waiting[0].cancel()
    event.set()
    await asyncio.wait(waiting, timeout=LIMIT)
    assert [task.done() for task in waiting] == [True] * 3
    assert await event.wait()
