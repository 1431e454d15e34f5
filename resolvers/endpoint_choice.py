"""Which endpoint answers a field that has several."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeAlias

from cg_client.endpoint import Endpoint
from cg_client.errors import NoData
from resolvers.arguments import argument

Arguments: TypeAlias = dict[str, Any]


class EndpointChoice(Protocol):
    """The endpoints have the parameters of the first, unless `pick` and `parameters` see to the difference."""

    @property
    def endpoints(self) -> Sequence[Endpoint]: ...
    def parameters(self) -> list[inspect.Parameter]: ...
    def pick(self, parent: object, arguments: Arguments) -> Endpoint:
        """Take its own arguments out of `arguments`; raises NoData if no endpoint answers."""
        ...


@dataclass(frozen=True)
class ByArgument:
    """The caller chooses by an enum; `default` is used if nothing is chosen."""

    name: str
    description: str
    by: Mapping[Any, Endpoint]  # keyed by the members of the enum
    default: Enum

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return tuple(self.by.values())

    def parameters(self) -> list[inspect.Parameter]:
        return [argument(self.name, type(self.default), self.description, self.default)]

    def pick(self, parent: object, arguments: Arguments) -> Endpoint:  # noqa: ARG002  # the parent has no say
        return self.by[arguments.pop(self.name)]


@dataclass(frozen=True)
class ByAttribute:
    """The parent chooses by one of its values."""

    name: str
    by: Mapping[Any, Endpoint]  # keyed by the members of an enum

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        return tuple(self.by.values())

    def parameters(self) -> list[inspect.Parameter]:
        return []

    def pick(self, parent: object, arguments: Arguments) -> Endpoint:  # noqa: ARG002  # the caller has no say
        choice = getattr(parent, self.name)
        if choice not in self.by:
            covered = ", ".join(member.name for member in self.by)
            raise NoData(f"CoinGlass has this for {covered} only, not for {choice.name}.")
        return self.by[choice]
