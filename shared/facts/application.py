"""Applies to a client what other replicas learnt, and describes what it learnt itself.

What is applied is never described: facts do not go round in circles.
"""

from enum import Enum
from functools import cache
from typing import Final, get_type_hints

from cg_client.catalogue import CATALOGUE
from cg_client.client import Client
from cg_client.decoding.anomalies import DriftKey
from cg_client.endpoint import Endpoint
from cg_client.errors import IntervalTooFine
from cg_client.intervals import Interval
from cg_client.plans.plan_watch import PLAN_LIFETIME, AccountState
from cg_client.plans.refusals import REMEMBERED, PlanRefusal
from shared.facts.kinds import AccountFact, CircuitFact, DriftFact, Fact, LimitFact, RefusalFact

OVERDUE: Final = 300.0  # seconds for which a plan that nobody has requested again is still taken over
_GROUPS: Final = frozenset(endpoint.group for endpoint in CATALOGUE.values())
_TOLERANCE: Final = 1.0  # seconds that clocks of two replicas may differ over a fact's lifetime


class InvalidFact(Exception):
    """A fact that no replica of ours can have learnt."""


class FactApplication:
    """`patience`: seconds after which this replica requests the plan if the one that requested it last does not."""

    def __init__(self, client: Client, patience: float) -> None:
        self._client, self._patience = client, patience

    def apply(self, fact: Fact, seconds: float) -> bool:
        """Apply a fact that holds for so many seconds; False if it does not concern the plan that is in force here.

        Raises InvalidFact.
        """
        match fact:
            case AccountFact():
                self._apply_account(fact, seconds)
            case LimitFact():
                self._client.plan_watch.take_over_limit(fact.limit)
            case RefusalFact():
                return self._apply_refusal(fact, seconds)
            case CircuitFact():
                self._apply_circuit(fact, seconds)
            case DriftFact():
                self._client.drift.take_over(DriftKey(fact.endpoint, fact.kind, fact.field))
        return True

    def _apply_account(self, fact: AccountFact, seconds: float) -> None:
        left = seconds - OVERDUE
        if not 0 < fact.lifetime <= PLAN_LIFETIME or left > fact.lifetime + _TOLERANCE:
            raise InvalidFact
        if fact.limit is not None and self._client.gate.key.limit is None:
            self._client.plan_watch.take_over_limit(fact.limit)
        state = AccountState(fact.plan, fact.fails, left + self._patience, fact.lifetime + self._patience)
        self._client.take_over_account(state)

    def _apply_refusal(self, fact: RefusalFact, seconds: float) -> bool:
        endpoint, gate = CATALOGUE.get(fact.endpoint), self._client.gate
        if endpoint is None or seconds > REMEMBERED.total_seconds() + _TOLERANCE:
            raise InvalidFact
        values = _gated_values(endpoint, fact.values)
        interval = next((value for value in values if isinstance(value, Interval)), None) if fact.of_interval else None
        if fact.of_interval and interval is None:
            raise InvalidFact
        if fact.plan is not gate.plan or (None not in (fact.limit, gate.key.limit) and fact.limit != gate.key.limit):
            return False
        gate.take_over(endpoint, values, fact.days, interval, seconds)
        return True

    def _apply_circuit(self, fact: CircuitFact, seconds: float) -> None:
        if fact.group not in _GROUPS:
            raise InvalidFact
        if not fact.is_open:
            self._client.breaker.close(fact.group)
        elif not self._client.breaker.open_for(fact.group, seconds, fact.next_wait):
            raise InvalidFact

    def account(self, state: AccountState) -> AccountFact:
        return AccountFact(state.plan, state.fails, state.lifetime, self._client.gate.key.limit)

    def refusal(self, refusal: PlanRefusal) -> RefusalFact:
        key = self._client.gate.key
        values = tuple(str(value.value) if isinstance(value, Enum) else str(value) for value in refusal.values)
        of_interval = isinstance(refusal.error, IntervalTooFine)
        return RefusalFact(refusal.endpoint.path, values, refusal.days, of_interval, key.plan, key.limit)


def _gated_values(endpoint: Endpoint, texts: tuple[str, ...]) -> tuple[object, ...]:
    """Return the values that a plan can limit, as parameters have them; raises InvalidFact."""
    try:
        return tuple(kind(text) for kind, text in zip(_gated_kinds(endpoint), texts, strict=True))
    except ValueError as error:
        raise InvalidFact from error


@cache
def _gated_kinds(endpoint: Endpoint) -> tuple[type[Enum], ...]:
    hints = get_type_hints(endpoint.params)
    return tuple(hints[name] for name in endpoint.params.gateable)
