"""Which endpoints are asked, and in which order."""

from collections.abc import Collection, Sequence

from cg_client.catalogue import CATALOGUE
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from probe.names import LISTINGS


def groups() -> list[str]:
    """Return what `--group` takes: `futures/liquidation`, or `futures` for all that begin so."""
    named = {endpoint.group for endpoint in CATALOGUE.values()}
    return sorted(named | {group.split("/")[0] for group in named})


def candidates(chosen: Collection[str]) -> Sequence[Endpoint]:
    """Return the endpoints of the chosen groups, or all; the account first, then the listings of names."""
    found = [one for one in CATALOGUE.values() if not chosen or _names_of(one) & set(chosen)]
    return sorted({account.SUBSCRIPTION, *found}, key=_place)


def _names_of(endpoint: Endpoint) -> set[str]:
    group = endpoint.group
    return {group, group.split("/")[0]}


_PLACES = {endpoint: place for place, endpoint in enumerate([account.SUBSCRIPTION, *LISTINGS])}


def _place(endpoint: Endpoint) -> tuple[int, str]:
    return _PLACES.get(endpoint, len(_PLACES)), endpoint.path
