"""Indicators of the market as a whole, most of them of bitcoin."""

import strawberry

from cg_client.endpoints import indicators as api
from graph_types.problems import Result
from resolvers.daily import upstream_daily
from resolvers.field import upstream
from schema.indicators.bitcoin import (
    SOPR,
    USM2,
    AddressCount,
    BubbleIndex,
    Correlation,
    GlobalM2,
    HolderSupply,
    MacroOscillator,
    NetUnrealizedProfitLoss,
    RealizedPrice,
    ReserveRisk,
    RHODLRatio,
)
from schema.indicators.cycle import (
    AHR999,
    BullMarketPeak,
    GoldenRatioMultiplier,
    PiCycle,
    ProfitableDays,
    PuellMultiple,
    Rainbow,
    StockToFlow,
    TwoHundredWeekMovingAverage,
    TwoYearMovingAverageMultiplier,
)
from schema.indicators.market import (
    AltcoinSeason,
    CoinbasePremiumSeries,
    Dominance,
    ExchangeTransparency,
    FearGreedIndex,
    OptionsFuturesRatio,
    StablecoinMarketCap,
)


@strawberry.type(description="Indicators of the market as a whole, most of them of bitcoin.")
class Indicators:
    fear_greed: Result[FearGreedIndex] = upstream_daily(api.market.FEAR_GREED, FearGreedIndex)
    options_futures_ratio: Result[OptionsFuturesRatio] = upstream_daily(
        api.market.OPTIONS_FUTURES_RATIO, OptionsFuturesRatio
    )
    altcoin_season: Result[AltcoinSeason] = upstream_daily(api.market.ALTCOIN_SEASON, AltcoinSeason)
    dominance: Result[Dominance] = upstream_daily(api.market.DOMINANCE, Dominance)
    ahr999: Result[AHR999] = upstream_daily(api.bitcoin.AHR999, AHR999)
    puell_multiple: Result[PuellMultiple] = upstream_daily(api.bitcoin.PUELL_MULTIPLE, PuellMultiple)
    stock_to_flow: Result[StockToFlow] = upstream_daily(api.bitcoin.STOCK_TO_FLOW, StockToFlow)
    profitable_days: Result[ProfitableDays] = upstream_daily(api.bitcoin.PROFITABLE_DAYS, ProfitableDays)
    pi_cycle: Result[PiCycle] = upstream_daily(api.bitcoin.PI_CYCLE, PiCycle)
    golden_ratio_multiplier: Result[GoldenRatioMultiplier] = upstream_daily(
        api.bitcoin.GOLDEN_RATIO_MULTIPLIER, GoldenRatioMultiplier
    )
    two_year_moving_average_multiplier: Result[TwoYearMovingAverageMultiplier] = upstream_daily(
        api.bitcoin.TWO_YEAR_MOVING_AVERAGE, TwoYearMovingAverageMultiplier
    )
    two_hundred_week_moving_average: Result[TwoHundredWeekMovingAverage] = upstream_daily(
        api.bitcoin.TWO_HUNDRED_WEEK_MOVING_AVERAGE, TwoHundredWeekMovingAverage
    )
    rainbow: Result[Rainbow] = upstream_daily(api.bitcoin.RAINBOW, Rainbow)
    bull_market_peak: Result[BullMarketPeak] = upstream(api.bitcoin.BULL_MARKET_PEAK, BullMarketPeak)
    short_term_holder_sopr: Result[SOPR] = upstream_daily(api.bitcoin.SHORT_TERM_SOPR, SOPR)
    long_term_holder_sopr: Result[SOPR] = upstream_daily(api.bitcoin.LONG_TERM_SOPR, SOPR)
    short_term_holder_realized_price: Result[RealizedPrice] = upstream_daily(
        api.bitcoin.SHORT_TERM_REALIZED_PRICE, RealizedPrice
    )
    long_term_holder_realized_price: Result[RealizedPrice] = upstream_daily(
        api.bitcoin.LONG_TERM_REALIZED_PRICE, RealizedPrice
    )
    short_term_holder_supply: Result[HolderSupply] = upstream_daily(api.bitcoin.SHORT_TERM_SUPPLY, HolderSupply)
    long_term_holder_supply: Result[HolderSupply] = upstream_daily(api.bitcoin.LONG_TERM_SUPPLY, HolderSupply)
    rhodl_ratio: Result[RHODLRatio] = upstream_daily(api.bitcoin.RHODL_RATIO, RHODLRatio)
    reserve_risk: Result[ReserveRisk] = upstream_daily(api.bitcoin.RESERVE_RISK, ReserveRisk)
    net_unrealized_profit_loss: Result[NetUnrealizedProfitLoss] = upstream_daily(
        api.bitcoin.NET_UNREALIZED_PROFIT_LOSS, NetUnrealizedProfitLoss
    )
    active_addresses: Result[AddressCount] = upstream_daily(api.bitcoin.ACTIVE_ADDRESSES, AddressCount)
    new_addresses: Result[AddressCount] = upstream_daily(api.bitcoin.NEW_ADDRESSES, AddressCount)
    bubble_index: Result[BubbleIndex] = upstream_daily(api.bitcoin.BUBBLE_INDEX, BubbleIndex)
    correlation: Result[Correlation] = upstream_daily(api.bitcoin.CORRELATION, Correlation)
    macro_oscillator: Result[MacroOscillator] = upstream_daily(api.bitcoin.MACRO_OSCILLATOR, MacroOscillator)
    global_m2_growth: Result[GlobalM2] = upstream_daily(api.bitcoin.GLOBAL_M2, GlobalM2)
    us_m2_growth: Result[USM2] = upstream_daily(api.bitcoin.US_M2, USM2)
    stablecoin_market_cap: Result[StablecoinMarketCap] = upstream_daily(
        api.market.STABLECOIN_MARKET_CAP, StablecoinMarketCap
    )
    exchange_transparency: Result[ExchangeTransparency] = upstream(
        api.market.EXCHANGE_TRANSPARENCY, ExchangeTransparency
    )
    coinbase_premium: Result[CoinbasePremiumSeries] = upstream(api.market.COINBASE_PREMIUM, CoinbasePremiumSeries)
