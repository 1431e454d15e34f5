"""No minute has more requests than the limit, whatever fails, and everything recovers."""

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.quota.messages import quota_script
from shared.store.script import LuaScript
from tests.shared.quota_machine import QuotaMachine
from tests.shared.quota_mutants import MUTANTS, Mutant
from tests.shared.quota_storm import LIMIT, Storm

STEPS = 80
SEEDS = range(8)  # with which each mutant is found
_SETTINGS = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_no_minute_has_more_requests_than_the_limit_whatever_fails(quota_store: "redis.Redis") -> None:
    class AnyFailure(QuotaMachine):
        store = quota_store

    run_state_machine_as_test(AnyFailure, settings=_SETTINGS)


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_minute_of_a_storm_has_more_requests_than_the_limit(quota_store: "redis.Redis", seed: int) -> None:
    assert await Storm(quota_store, seed).run(STEPS) <= LIMIT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
async def test_a_broken_rule_is_noticed(quota_store: "redis.Redis", mutant: Mutant) -> None:
    source = quota_script().source
    assert source.count(mutant.old) == 1
    script = LuaScript("quota", source.replace(mutant.old, mutant.new))
    assert await Storm(quota_store, mutant.seed, script).run(STEPS) > LIMIT
