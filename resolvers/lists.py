"""List endpoints: where the rows for many parents are and what they are found by, and whether a list was cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cg_client.call import Answer, Call, Decode
from cg_client.decoding.anomalies import AnomalyKind
from cg_client.endpoint import Endpoint
from cg_client.params.core import PageParams, Params
from resolvers.loaders import RowId

PER_PAGE = 100
MAX_PAGES = 20  # of a list whose length upstream does not tell


@dataclass(frozen=True, slots=True)
class WholeList:
    """A list that one request brings."""

    endpoint: Endpoint
    params: Params
    decode: Decode[list[Any]]
    keys_of: Callable[[Any], Sequence[RowId]]

    def pages(self) -> Sequence[Call]:
        return (Call(self.endpoint, self.params, self.decode),)


@dataclass(frozen=True, slots=True)
class PagedList:
    """A list that comes in numbered pages. CoinGlass may give fewer rows than requested: only an empty page ends it.

    `first`: the parameters of the first page.
    """

    endpoint: Endpoint
    decode: Decode[list[Any]]
    keys_of: Callable[[Any], Sequence[RowId]]
    first: PageParams = PageParams(page=1, per_page=PER_PAGE)  # noqa: RUF009  # it is frozen

    def pages(self) -> Sequence[Call]:
        numbers = range(1, MAX_PAGES + 1)
        return tuple(Call(self.endpoint, replace(self.first, page=number), self.decode) for number in numbers)


def is_capped(answer: Answer[list[Any]]) -> bool:
    """Whether CoinGlass may have cut the list. It sent the rows that were skipped, so that they count."""
    skipped = sum(anomaly.count for anomaly in answer.anomalies if anomaly.kind is AnomalyKind.ROW_SKIPPED)
    return answer.endpoint.is_capped(len(answer.value) + skipped)
