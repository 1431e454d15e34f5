"""Which endpoint has the open interest of one margin."""

import inspect
from collections.abc import Sequence
from enum import Enum
from typing import Any

import strawberry

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import open_interest as api
from cg_client.errors import BadArgument
from cg_client.params.choices import Unit
from resolvers.arguments import argument
from resolvers.context import Context
from resolvers.exchanges import futures_exchanges


@strawberry.enum(description="What margins a contract.")
class MarginKind(Enum):
    STABLECOIN = strawberry.enum_value("STABLECOIN", description="Stablecoins.")
    COIN = strawberry.enum_value("COIN", description="The coin itself.")


_MARGINED = {
    MarginKind.STABLECOIN: api.AGGREGATED_STABLECOIN_HISTORY,
    MarginKind.COIN: api.AGGREGATED_COIN_MARGIN_HISTORY,
}


class ByMargin:
    """One endpoint for both margins together, with a unit; one for each, with exchanges and in US dollars."""

    endpoints: Sequence[Endpoint] = (api.AGGREGATED_HISTORY, *_MARGINED.values())

    def parameters(self) -> list[inspect.Parameter]:
        return [
            argument("margin", MarginKind | None, "Only contracts with this margin. Left out: all.", strawberry.UNSET),
            argument(
                "exchanges",
                list[str] | None,
                "Exchanges to add up, together with `margin`. Left out: every exchange that lists the coin.",
                strawberry.UNSET,
            ),
        ]

    def pick(self, parent: object, arguments: dict[str, Any]) -> Endpoint:  # noqa: ARG002  # the parent has no say
        """Check the arguments; raises BadArgument with the remedy."""
        margin = arguments.pop("margin", None)
        if margin is not None:
            if arguments.pop("unit") is Unit.COIN:
                raise BadArgument(
                    "Open interest of one margin is in US dollars: leave out `unit`, or `margin`.", "unit"
                )
            return _MARGINED[margin]
        if arguments.pop("exchanges", None) is not None:
            raise BadArgument(
                "Give `margin` together with `exchanges`, or leave out `exchanges` for all of them.", "exchanges"
            )
        return api.AGGREGATED_HISTORY


BY_MARGIN = ByMargin()


async def margined_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Resolve `exchanges` for an endpoint of one margin, which is the one without a unit."""
    return arguments if "unit" in arguments else await futures_exchanges(context, arguments)
