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
    code: ProblemCode = strawberry.field(description="Stable code.")
    message: str = strawberry.field(description="What is the case, and the remedy. May change.")
    endpoint: str = strawberry.field(description="Path of the CoinGlass endpoint that it is about.")


@strawberry.type(description="The plan of the server's key does not include what was requested.")
class PlanGated(Problem):
    reason: GateReason = strawberry.field(description="What is not included.")
    required_plan: Plan = strawberry.field(description="The least plan that includes it, by the catalogue.")
    current_plan: Plan | None = strawberry.field(
        description="The plan of the server's key; null while it is not known."
    )
    min_interval: Interval | None = strawberry.field(
        description="Finest interval of the current plan, where that is the reason."
    )
    available_from: datetime | None = strawberry.field(
        description="Start of what the plan includes, where history is the reason."
    )
    alternatives: list[str] = strawberry.field(description="Fields of the graph that do answer on the current plan.")
    decided_by: GateSource = strawberry.field(description="Whether a request was spent on it.")


@strawberry.type(description="A routine failure: the rest of the answer stands.")
class Unavailable(Problem):
    retryable: bool = strawberry.field(description="Whether the same request can succeed later.")
    retry_after: float | None = strawberry.field(description="Seconds to wait before that, where they are known.")


@strawberry.type(
    description="An argument of the field makes no sense. Nothing was sent; the rest of the answer stands."
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
            union = strawberry.union(f"{name}Result", description=f"{name}, or why there is none.")
            return Annotated[payload | Problems, union]
