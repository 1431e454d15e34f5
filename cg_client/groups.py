"""Which endpoints stand and fall together.

The first two parts of a path name a market and a data set of it, such as `futures/open-interest`: behind them stands
one store at CoinGlass, whichever pair or interval is asked for. One endpoint alone is asked too seldom to judge it by,
and of the whole API one part can be ill while the others are well.
"""

import re

from cg_client.endpoint import Endpoint

_PARTS = 2
_NO_DATA_SET = re.compile(r"api|v\d+")


def group_of(endpoint: Endpoint) -> str:
    """Versions do not count: `/api/futures/v2/net-position/history` belongs to `futures/net-position`."""
    named = [part for part in endpoint.path.split("/") if part and not _NO_DATA_SET.fullmatch(part)]
    return "/".join(named[:_PARTS])
