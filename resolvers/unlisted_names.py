"""Refuses a name for which CoinGlass has nothing and that no listing has."""

from collections.abc import Awaitable, Sized
from typing import Any

from cg_client.call import Answer, Call
from cg_client.errors import CoinglassError, NoData, NotFound, UnknownName
from cg_client.params.core import NameKind, PageParams, Params
from cg_client.symbols.listings import Symbols


async def answered(symbols: Symbols, call: Call, waiting: Awaitable[Answer[Any]]) -> Answer[Any]:
    """Return the answer to a call with names; raises UnknownName if there is none or an empty one because of a name."""
    try:
        answer = await waiting
    except (NoData, NotFound):
        await _check(symbols, call.params)
        raise
    if isinstance(answer.value, Sized) and not len(answer.value) and not _is_later_page(call.params):
        await _check(symbols, call.params)
    return answer


async def _check(symbols: Symbols, params: Params) -> None:
    """Raise UnknownName for a name that its listing lacks; nothing without the listing."""
    sent = params.query()
    for argument, kind in params.listed_names.items():
        name = sent.get(params.source_names[argument])
        if name is None:
            continue
        if kind is NameKind.COIN:
            name = name.partition("(")[0]  # a token of one chain is written like USDT(ETH)
        try:
            listed = await symbols.named(kind, name)
        except UnknownName as unknown:
            raise UnknownName(str(unknown), unknown.suggestions, argument) from None
        except CoinglassError:
            continue
        if listed != name:
            message = f"CoinGlass has nothing for {name!r}: it lists this {kind.value} as {listed}."
            raise UnknownName(message, [listed], argument)


def _is_later_page(params: Params) -> bool:
    """Whether an empty page is the end of a list that had rows."""
    return isinstance(params, PageParams) and params.page > 1
