"""The enums of the graph; those of `cg_client` are described here, the others are declared here."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from cg_client.decoding.anomalies import AnomalyKind
from cg_client.errors import GateSource, ProblemCode
from cg_client.intervals import Interval
from cg_client.params.choices import (
    BorrowVenue,
    CryptoArticleLanguage,
    EconomicCalendarLanguage,
    FundingRange,
    FundRange,
    LargeOrderState,
    LiquidationRange,
    MapRange,
    MaxPainRange,
    NewsflashLanguage,
    OpenInterestRange,
    OptionsRange,
    Range,
    SeriesType,
    TakerRange,
    Unit,
    WalletTag,
)
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan

E = TypeVar("E", bound=Enum)


def _describe(enum: type[E], description: str, values: Mapping[E, str], name: str | None = None) -> None:
    """Show an enum in the graph; every member must have a description."""
    strawberry.enum(enum, name=name, description=description)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    for value in definition.values:
        value.description = values[enum[value.name]]


_describe(
    AnomalyKind,
    "In which way an answer of CoinGlass differs from what is documented or was seen.",
    {
        AnomalyKind.FIELD_MISSING: "A field is absent, from every row or where every row should have it. It is null.",
        AnomalyKind.FIELD_UNKNOWN: "An unknown field. It is not served.",
        AnomalyKind.VALUE_UNREADABLE: "A value that its type cannot hold. It is null.",
        AnomalyKind.ROW_SKIPPED: "A row without the field that identifies it. The row is left out.",
        AnomalyKind.SHAPE_CHANGED: "A list where an object is expected, or the like. Its content is null.",
    },
)
_SPANS = {"m": "minute", "h": "hour", "d": "day", "w": "week", "y": "year"}


def _span(text: str) -> str:
    count, unit = int(text[:-1]), _SPANS[text[-1]]
    return f"{count} {unit}{'s' if count > 1 else ''}"


_describe(
    Interval,
    "Time between two points of a series.",
    {member: f"One point for every {_span(member.value).removeprefix('1 ')}." for member in Interval},
)
for _range, _description in (
    (Range, "Period of a liquidation heatmap."),
    (MapRange, "Period of a liquidation map."),
    (LiquidationRange, "Period of liquidation totals."),
    (TakerRange, "Period of taker volume totals."),
    (OptionsRange, "Period of the history of options open interest."),
    (FundRange, "Period of the prices of a fund."),
    (FundingRange, "Period over which fundings are added up."),
    (MaxPainRange, "Period of the positions behind liquidation max pain."),
    (OpenInterestRange, "Period of the history of open interest by exchange."),
):
    _describe(
        _range,
        _description,
        {
            member: "All there is." if member.name == "ALL" else f"The last {_span(member.value).removeprefix('1 ')}."
            for member in _range
        },
    )
_describe(
    SeriesType,
    "Price of a candle that an indicator is computed from.",
    {member: f"The {member.value} of each candle." for member in SeriesType},
)
_BY_SIZE = tuple(WalletTag)[:8]
_describe(
    WalletTag,
    "CoinGlass' tag of wallets on Hyperliquid: eight by the size of their positions, eight by their profit or loss.",
    {
        tag: f"{tag.value.replace('_', ' ')}, by {'size of positions' if tag in _BY_SIZE else 'profit or loss'}."
        for tag in WalletTag
    },
)
_describe(
    BorrowVenue,
    "Exchange whose interest on borrowed coins CoinGlass follows.",
    {member: f"Interest that {member.value} charges." for member in BorrowVenue},
)
_LANGUAGES = {"en": "English.", "zh": "Chinese, simplified.", "zh-tw": "Chinese, traditional."}
for _language, _of in (
    (EconomicCalendarLanguage, "the texts in the economic calendar"),
    (CryptoArticleLanguage, "articles"),
    (NewsflashLanguage, "newsflashes"),
):
    _describe(_language, f"Language of {_of}.", {member: _LANGUAGES[member.value] for member in _language})
_describe(Unit, "What figures are stated in.", {Unit.USD: "In US dollars.", Unit.COIN: "In units of the coin itself."})
_describe(
    Plan,
    "The plans of CoinGlass, from the smallest to the largest.",
    {member: f"{member.name.title()}: {REQUESTS_PER_MINUTE[member]} requests a minute." for member in Plan}
    | {Plan.ENTERPRISE: "Enterprise: by agreement."},
)
_describe(
    ProblemCode,
    "Why a part of the answer is missing. Codes are stable, messages may change.",
    {
        ProblemCode.PLAN_REQUIRED: "The plan does not include the endpoint.",
        ProblemCode.INTERVAL_TOO_FINE: "The plan includes coarser intervals only.",
        ProblemCode.HISTORY_TOO_DEEP: "The plan's history does not reach so far back.",
        ProblemCode.RATE_LIMITED: "CoinGlass refused because of too many requests.",
        ProblemCode.QUOTA_EXHAUSTED: "The quota was spent, so that no request was sent.",
        ProblemCode.TIMEOUT: "CoinGlass did not answer in time.",
        ProblemCode.UPSTREAM_ERROR: "CoinGlass failed or could not be reached.",
        ProblemCode.CIRCUIT_OPEN: "CoinGlass failed so often that requests to it pause for a while.",
        ProblemCode.UNAUTHORIZED: "CoinGlass does not accept the server's key.",
        ProblemCode.NOT_FOUND: "CoinGlass does not know what was requested.",
        ProblemCode.NO_DATA: "CoinGlass has nothing for what was requested.",
        ProblemCode.BAD_PAYLOAD: "CoinGlass' answer does not hold what its documents state.",
        ProblemCode.BAD_USER_INPUT: "An argument makes no sense; no request was sent. `InvalidInput` names the remedy.",
    },
)
_describe(
    GateSource,
    "Who decided that the plan does not include something.",
    {
        GateSource.CATALOGUE: "The catalogue of endpoints: no request was sent.",
        GateSource.UPSTREAM: "CoinGlass refused, now or some minutes ago.",
    },
)


@strawberry.enum(description="What to do where the plan does not include what was requested.")
class PlanLimitPolicy(Enum):
    FAIL = strawberry.enum_value("FAIL", description="Return `PlanGated`.")
    COARSEN = strawberry.enum_value(
        "COARSEN", description="Serve the finest interval that the plan includes, over the same span of time."
    )
    CLIP = strawberry.enum_value("CLIP", description="Serve the part of the window that the plan includes.")
    FIT = strawberry.enum_value(
        "FIT",
        description="Both: the finest interval that the plan includes, and of the window the part that it includes.",
    )

    __hash__ = object.__hash__  # as that of Interval


@strawberry.enum(description="What the figures of candles are stated in.")
class CandleUnit(Enum):
    PERCENT = strawberry.enum_value("PERCENT", description="In percent: 0.01 is 0.01 %.")
    USD = strawberry.enum_value("USD", description="In US dollars.")
    COIN = strawberry.enum_value("COIN", description="In units of the coin itself.")


@strawberry.enum(description="What the plan does not include.")
class GateReason(Enum):
    ENDPOINT = strawberry.enum_value("ENDPOINT", description="The plan does not include the endpoint.")
    INTERVAL = strawberry.enum_value("INTERVAL", description="The plan includes coarser intervals only.")
    HISTORY = strawberry.enum_value("HISTORY", description="The plan does not reach so far back.")


@strawberry.enum(description="Whether an answer is within its refresh time.")
class Freshness(Enum):
    FRESH = strawberry.enum_value("FRESH", description="Not older than the refresh time of its endpoint.")
    STALE = strawberry.enum_value("STALE", description="Older, served because nothing newer could be had yet.")


@strawberry.enum(description="Why a series holds less than the window that was requested.")
class Truncation(Enum):
    PLAN_HISTORY = strawberry.enum_value(
        "PLAN_HISTORY", description="The plan's history begins later (`onPlanLimit: CLIP` or `FIT`)."
    )
    RETENTION = strawberry.enum_value("RETENTION", description="CoinGlass keeps less (`onPlanLimit: CLIP` or `FIT`).")
    INCOMPLETE = strawberry.enum_value(
        "INCOMPLETE",
        description="CoinGlass gave fewer points than have closed in the window: the series begins later, has gaps, or "
        "the key's plan holds less than is believed.",
    )


@strawberry.enum(description="Whether an order buys or sells.")
class OrderSide(Enum):
    BUY = strawberry.enum_value("BUY", description="An order to buy.")
    SELL = strawberry.enum_value("SELL", description="An order to sell.")


_describe(
    LargeOrderState,
    "What became of a large order.",
    {
        LargeOrderState.OPEN: "The order stands in the book.",
        LargeOrderState.FINISHED: "The order has left the book; CoinGlass says so of orders without a fill, too.",
        LargeOrderState.REVOKED: "The order was cancelled.",
    },
)
