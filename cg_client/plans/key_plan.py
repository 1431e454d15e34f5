"""The plan of the key and its source: the operator, CoinGlass' account endpoint, or the limit in its headers."""

from collections.abc import Mapping
from dataclasses import dataclass

from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan

# Of plans whose limit is stated. Another limit was agreed upon with CoinGlass and implies no plan.
_PLAN_BY_LIMIT: Mapping[int, Plan] = {
    REQUESTS_PER_MINUTE[plan]: plan for plan in (Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD, Plan.PROFESSIONAL)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """`declared` takes precedence; `limit` is that of the headers, in requests a minute.

    `account_fails`: the account endpoint does not answer this key, so that the plan is inferred from the limit.
    """

    declared: Plan | None = None
    account: Plan | None = None
    limit: int | None = None
    account_fails: bool = False

    @property
    def plan(self) -> Plan | None:
        """None while it is unknown."""
        return self.declared or self.account or (self._by_limit if self.account_fails else None)

    @property
    def stated(self) -> str:
        """The plan and its source, for messages."""
        return "a plan that is not known" if self.plan is None else f"{title(self.plan)} ({self._source})"

    @property
    def _source(self) -> str:
        if self.declared is not None:
            return "declared by COINGLASS_PLAN"
        if self.account is not None:
            return "by CoinGlass' account endpoint"
        return f"inferred from the rate limit of {self.limit} a minute"

    @property
    def contradiction(self) -> str:
        """How the key contradicts the declared plan; empty if it does not."""
        if self.declared is None or self.account is self.declared:
            return ""
        if self.account is not None:
            fact = f"is {title(self.account)} by CoinGlass' account endpoint"
        elif self._by_limit is not None and REQUESTS_PER_MINUTE[self.declared] != self.limit:
            fact = f"has the rate limit of {title(self._by_limit)}, {self.limit} a minute"
        else:
            return ""
        return f"COINGLASS_PLAN declares {title(self.declared)}, but the key {fact}."

    @property
    def _by_limit(self) -> Plan | None:
        return None if self.limit is None else _PLAN_BY_LIMIT.get(self.limit)


def title(plan: Plan) -> str:
    return plan.name.title()
