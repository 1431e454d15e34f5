"""Problems: values of the graph that state why a part of the answer is missing."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import strawberry

from cg_client.errors import GateSource, ProblemCode
from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan
from graph_types.enums import GateReason

P = TypeVar("P")


@strawberry.interface(description="Why a part of the answer is missing.")
class Problem:
    code: ProblemCode = strawberry.field(description="Code of the problem. Codes are stable: branch on them.")
    message: str = strawberry.field(description="What happened, and the remedy. The wording may change.")
    endpoint: str = strawberry.field(description="Path of the CoinGlass endpoint that the field asks.")


@strawberry.type(description="The plan of the server's key does not include what was requested.")
class PlanGated(Problem):
    reason: GateReason = strawberry.field(description="What the plan does not include.")
    required_plan: Plan = strawberry.field(description="The smallest plan that includes it, by the catalogue.")
    current_plan: Plan | None = strawberry.field(
        description="The plan of the server's key; null while it is not known."
    )
    min_interval: Interval | None = strawberry.field(
        description="Finest interval that the current plan includes, where the interval is the reason."
    )
    available_from: datetime | None = strawberry.field(
        description="Start of the history that the plan includes, where history is the reason."
    )
    alternatives: list[str] = strawberry.field(
        description="Fields that answer on the current plan instead, e.g. `Pair.liquidations`."
    )
    decided_by: GateSource = strawberry.field(
        description="Who refused: the catalogue, without a request, or CoinGlass."
    )


@strawberry.type(description="The field could not be answered this time. The other fields are not affected.")
class Unavailable(Problem):
    retryable: bool = strawberry.field(description="Whether the same request can succeed later.")
    retry_after: float | None = strawberry.field(
        description="Seconds to wait before the same request, where they are known."
    )


@strawberry.type(
    description="An argument of the field makes no sense. No request was sent; the other fields are not affected."
)
class InvalidInput(Problem):
    argument: str | None = strawberry.field(description="The argument to change, if it is known.")
    suggestions: list[str] = strawberry.field(description="What may have been meant, the likeliest first; often empty.")


Problems: TypeAlias = PlanGated | Unavailable | InvalidInput  # every result union has all of them


if TYPE_CHECKING:
    Result: TypeAlias = P | Problems
else:

    class Result:
        """The union of a payload and `Problems`, cached for each payload."""

        @classmethod
        @cache
        def __class_getitem__(cls, payload: type) -> object:
            name = payload.__strawberry_definition__.name
            union = strawberry.union(f"{name}Result", description=f"{name}, or the problem that there is instead.")
            return Annotated[payload | Problems, union]
