"""Asks the modelled market as the sandbox does, at times that hypothesis chooses."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan
from sandbox.market.registry import modelled

DAY = 86_400_000
NOW = 1_795_932_900_000  # 2026-11-29 06:15 UTC, a Sunday


def milliseconds(time: datetime) -> int:
    return int(time.replace(tzinfo=UTC).timestamp()) * 1000


FROM, UNTIL = datetime(2026, 6, 1), datetime(2027, 12, 31)  # noqa: DTZ001  # UTC, as hypothesis takes it
times = st.integers(0, (UNTIL - FROM) // timedelta(seconds=1)).map(lambda second: milliseconds(FROM) + second * 1000)
# The first question at another time draws figures that are remembered afterwards, so that times differ.
few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ask(endpoint: Endpoint, now: int = NOW, /, **query: object) -> Any:
    """Return the `data` of the answer to a key without limits."""
    return modelled(endpoint, {name: str(value) for name, value in query.items()}, Plan.ENTERPRISE, now)
