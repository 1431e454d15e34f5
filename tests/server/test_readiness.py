"""What a process lacks, and for how long a worker waits for it before it accepts connections."""

import asyncio
import math
from types import SimpleNamespace
from typing import cast

import pytest

from cg_client.client import Client
from server.open_connections import ConnectionLimits, OpenConnections
from server.readiness import Readiness
from server.settings import Settings
from tests.clock import SteppedClock


class UnreadyProcess:
    """A process that has yet to learn its part of the quota, and the plan."""

    def __init__(self) -> None:
        self.clock, self.connections = SteppedClock(), OpenConnections(ConnectionLimits())
        self.quota, self.plan = SimpleNamespace(obstacle="no part of the quota"), SimpleNamespace(was_requested=False)
        client = SimpleNamespace(clock=self.clock, admission_queue=self.quota, plan_watch=self.plan)
        self.readiness = Readiness(cast("Client", client), self.connections)

    def reason(self) -> str:
        return str(self.readiness.obstacle)


@pytest.fixture
def scene() -> UnreadyProcess:
    return UnreadyProcess()


def test_a_process_says_what_it_lacks(scene: UnreadyProcess) -> None:
    assert "part of the quota" in scene.reason()
    scene.quota.obstacle = None
    assert "the plan" in scene.reason()
    scene.plan.was_requested = True
    assert scene.readiness.obstacle is None
    scene.connections.start_closing(is_ready=False)
    assert "end" in scene.reason()


def test_a_worker_that_retires_leaves_the_server_ready(scene: UnreadyProcess) -> None:
    scene.quota.obstacle, scene.plan.was_requested = None, True
    scene.connections.start_closing(is_ready=True)
    assert scene.readiness.obstacle is None


async def test_a_worker_waits_until_it_is_ready(scene: UnreadyProcess) -> None:
    waiting = asyncio.create_task(scene.readiness.wait(math.inf))
    await scene.clock.elapse(100)
    scene.quota.obstacle = None
    await scene.clock.elapse(1)
    assert not waiting.done()
    scene.plan.was_requested = True
    await scene.clock.elapse(1)
    assert waiting.done()


@pytest.mark.parametrize("is_ready", [True, False])
async def test_a_worker_that_has_to_end_waits_no_longer(scene: UnreadyProcess, is_ready: bool) -> None:
    waiting = asyncio.create_task(scene.readiness.wait(math.inf))
    await scene.clock.elapse(1)
    scene.connections.start_closing(is_ready=is_ready)
    await scene.clock.elapse(1)
    assert waiting.done()


async def test_a_worker_that_may_be_the_only_one_accepts_after_a_while_to_say_what_it_lacks(
    scene: UnreadyProcess,
) -> None:
    waiting = asyncio.create_task(scene.readiness.wait(10.0))
    await scene.clock.elapse(9)
    assert not waiting.done()
    await scene.clock.elapse(2)
    assert waiting.done()


async def test_a_single_process_accepts_at_once(scene: UnreadyProcess) -> None:
    await scene.readiness.wait(Settings().ready_within)
    assert scene.readiness.obstacle is not None
