"""The limits of several operations in one request, which hold for all of them together."""

from collections.abc import Awaitable
from dataclasses import dataclass

from resolvers.context import Spending
from served_schema.checks import LimitExceeded
from served_schema.limits import Limits


@dataclass(frozen=True, slots=True)
class Batching:
    """`max_operations`: of one request; 0 refuses batches."""

    max_operations: int
    limits: Limits


class BatchCost:
    """What the operations of a batch may take so far."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls = self._values = 0

    def add(self, calls: int, values: int) -> None:
        """Raise GraphQLError, and add nothing, if an operation exceeds what the others leave of a limit."""
        self._check("calls", self._calls + calls, "cause {} upstream calls", self._limits.calls)
        self._check("values", self._values + values, "have {} values in their results", self._limits.values)
        self._calls, self._values = self._calls + calls, self._values + values

    @staticmethod
    def _check(name: str, figure: int, phrase: str, limit: int) -> None:
        if figure > limit:
            message = (
                f"With this operation the batch could {phrase.format(figure)}, and {limit} are allowed "
                f"(COINGLASS_MAX_{name.upper()}). Send it in another request."
            )
            raise LimitExceeded(message, f"batch_{name}")


class BatchCharge:
    """Charges an operation of a batch to the caller, if the batch has room for it."""

    def __init__(self, cost: BatchCost, charge: Spending) -> None:
        self._cost, self._charge = cost, charge

    def reserve(self, calls: int, values: int) -> Awaitable[None] | None:
        reserving = self._charge.reserve(calls, values)  # first: an operation that it refuses takes no room
        if reserving is not None:
            return self._add(reserving, calls, values)
        self._cost.add(calls, values)
        return None

    async def _add(self, reserving: Awaitable[None], calls: int, values: int) -> None:
        await reserving
        self._cost.add(calls, values)
