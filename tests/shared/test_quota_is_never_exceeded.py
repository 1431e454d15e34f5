"""No minute has more requests than the limit, whatever fails, and everything recovers."""

import redis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.shared.quota_machine import QuotaMachine

_SETTINGS = settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


def test_no_minute_has_more_requests_than_the_limit_whatever_fails(quota_store: "redis.Redis") -> None:
    class Machine(QuotaMachine):
        store = quota_store

    run_state_machine_as_test(Machine, settings=_SETTINGS)
