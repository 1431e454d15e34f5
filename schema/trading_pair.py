"""What futures instruments and spot pairs have in common."""

from typing import TYPE_CHECKING, Annotated, Self, cast

import strawberry

from cg_client.errors import CoinglassError, UnknownName
from cg_client.symbols.instruments import Instrument, InstrumentIndex
from cg_client.symbols.listings import Listing, Symbols
from graph_types.fields import resolved
from resolvers.context import Info

if TYPE_CHECKING:
    from schema.coin import Coin
    from schema.exchange import Exchange

BY_PAIR = {"exchange": "exchange", "symbol": "symbol"}


@strawberry.interface(description="Something that is traded on one exchange.")
class TradingPair:
    """A pair whose listing could not be had stands for the names as they were written (`unresolved`).

    Its parts then say why there are none, and the rest of the answer is not lost.
    """

    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    symbol: str = strawberry.field(description="The exchange's own code.")
    instrument: strawberry.Private[Instrument | None] = None
    unresolved: strawberry.Private[CoinglassError | None] = None

    @staticmethod
    def listing(symbols: Symbols) -> Listing[InstrumentIndex]:
        """Return the listing of the pairs of this class."""
        raise NotImplementedError

    @property
    def known(self) -> Instrument:
        """The instrument; raises what kept it from being looked up."""
        if self.instrument is None:
            raise self.unresolved or CoinglassError("The pair was not looked up.")
        return self.instrument

    @resolved("Base asset.")
    def base(self) -> str:
        return self.known.base

    @resolved("Quote asset.")
    def quote(self) -> str:
        return self.known.quote

    @resolved("The coin that is traded.")
    def coin(self) -> Annotated["Coin", strawberry.lazy("schema.coin")]:
        from schema.coin import Coin  # noqa: PLC0415  # a coin has pairs

        return Coin(symbol=self.known.base)

    @resolved("The exchange where it is traded.")
    def venue(self) -> Annotated["Exchange", strawberry.lazy("schema.exchange")]:
        from schema.exchange import Exchange  # noqa: PLC0415  # an exchange has pairs

        return Exchange(name=self.exchange)

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        return cls(exchange=instrument.exchange, symbol=instrument.symbol, instrument=instrument)

    @classmethod
    def found(cls, info: Info, exchange: str, symbol: str) -> Self:
        """Return the pair if the listing is in memory, otherwise the awaitable of `find`."""
        instrument = cls.listing(info.context.symbols).peek(lambda index: index.find(exchange, symbol))
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
