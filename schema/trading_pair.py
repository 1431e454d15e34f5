"""What futures instruments and spot pairs have in common."""

from operator import attrgetter, methodcaller
from typing import TYPE_CHECKING, Annotated, ClassVar, Self, cast

import strawberry

from cg_client.errors import CoinglassError, UnknownName
from cg_client.symbols.instruments import Instrument, InstrumentIndex
from cg_client.symbols.listings import Listing
from graph_types.fields import resolved
from pagination.connections import Connection, page
from resolvers.context import Info
from schema.listing import select

# The types of the graph form a circle here: a pair has a coin and an exchange, and both have pairs. These five modules
# are therefore the only ones that import each other; this one imports the others only when a field is resolved.
if TYPE_CHECKING:
    from schema.coin import Coin
    from schema.exchange import Exchange


@strawberry.interface(description="Something that is traded on one exchange.")
class TradingPair:
    """A pair; `unresolved` is the error of its lookup.

    Such a pair has the names as the caller wrote them. Its parts give the error, and the rest of the answer stands.
    """

    listing: ClassVar["attrgetter[Listing[InstrumentIndex]]"]  # out of `Symbols`

    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    symbol: str = strawberry.field(description="The exchange's own code.")
    listed: strawberry.Private[Instrument | None] = None
    unresolved: strawberry.Private[CoinglassError | None] = None

    @property
    def instrument(self) -> Instrument:
        """The instrument; raises the error of its lookup."""
        if self.listed is None:
            raise self.unresolved or CoinglassError("The pair was not looked up.")
        return self.listed

    @resolved("Base asset.")
    def base(self) -> str:
        return self.instrument.base

    @resolved("Quote asset.")
    def quote(self) -> str:
        return self.instrument.quote

    @resolved("The coin that is traded.")
    def coin(self) -> Annotated["Coin", strawberry.lazy("schema.coin")]:
        from schema.coin import Coin  # noqa: PLC0415  # a coin has pairs

        return Coin(symbol=self.instrument.base)

    @resolved("The exchange where it is traded.")
    def venue(self) -> Annotated["Exchange", strawberry.lazy("schema.exchange")]:
        from schema.exchange import Exchange  # noqa: PLC0415  # an exchange has pairs

        return Exchange(name=self.exchange)

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        return cls(exchange=instrument.exchange, symbol=instrument.symbol, listed=instrument)

    @classmethod
    async def page(
        cls, info: Info, exchange: str | None, coin: str | None, first: int, after: str | None
    ) -> Connection[Self]:
        """Return pairs of the listing; raises UnknownName, BadArgument and the listing's CoinglassError."""
        instruments = await cls.listing(info.context.symbols).find(lambda index: select(index, exchange, coin))
        return page(instruments, lambda pair: f"{pair.exchange}\n{pair.symbol}", cls.of, first, after)

    @classmethod
    def look_up(cls, info: Info, exchange: str, symbol: str) -> Self:
        """Return the pair if the listing is in memory, otherwise the awaitable of `find`."""
        instrument = cls.listing(info.context.symbols).peek(methodcaller("find", exchange, symbol))
        return cast("Self", cls.find(info, exchange, symbol)) if instrument is None else cls.of(instrument)

    @classmethod
    async def find(cls, info: Info, exchange: str, symbol: str) -> Self:
        """Look the pair up; raises UnknownName."""
        try:
            return cls.of(await cls.listing(info.context.symbols).find(lambda index: index.find(exchange, symbol)))
        except UnknownName as unknown:
            unknown.argument = unknown.argument or "symbol"
            raise
        except CoinglassError as error:
            info.context.validity.mark_uncacheable()
            return cls(exchange=exchange, symbol=symbol, unresolved=error)

    @classmethod
    async def resolve_reference(cls, info: Info, exchange: str, symbol: str) -> Self:
        return await cls.find(info, exchange, symbol)
