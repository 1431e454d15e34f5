"""Indicators of the market as a whole, most of them of bitcoin."""

import strawberry

from cg_client.endpoints import indicators as api
from resolvers.daily import upstream_daily
from resolvers.field import upstream
from schema.indicators.averages import (
    GoldenRatioMultiplier,
    GoldenRatioMultiplierResult,
    PiCycle,
    PiCycleResult,
    TwoHundredWeekMovingAverage,
    TwoHundredWeekMovingAverageResult,
    TwoYearMovingAverageMultiplier,
    TwoYearMovingAverageMultiplierResult,
)
from schema.indicators.cycle import (
    AHR999,
    AHR999Result,
    BullMarketPeak,
    BullMarketPeakResult,
    ProfitableDays,
    ProfitableDaysResult,
    PuellMultiple,
    PuellMultipleResult,
    Rainbow,
    RainbowResult,
    StockToFlow,
    StockToFlowResult,
)
from schema.indicators.exchanges import ExchangeTransparency, ExchangeTransparencyResult
from schema.indicators.holders import (
    SOPR,
    HolderSupply,
    HolderSupplyResult,
    NetUnrealizedProfitLoss,
    NetUnrealizedProfitLossResult,
    RealizedPrice,
    RealizedPriceResult,
    ReserveRisk,
    ReserveRiskResult,
    RHODLRatio,
    RHODLRatioResult,
    SOPRResult,
)
from schema.indicators.macro import (
    USM2,
    Correlation,
    CorrelationResult,
    GlobalM2,
    GlobalM2Result,
    MacroOscillator,
    MacroOscillatorResult,
    USM2Result,
)
from schema.indicators.market import (
    AltcoinSeason,
    AltcoinSeasonResult,
    Dominance,
    DominanceResult,
    FearGreedIndex,
    FearGreedIndexResult,
    OptionsFuturesRatio,
    OptionsFuturesRatioResult,
)
from schema.indicators.network import AddressCount, AddressCountResult, BubbleIndex, BubbleIndexResult
from schema.indicators.spot import CoinbasePremiumSeries, CoinbasePremiumSeriesResult
from schema.indicators.stablecoins import StablecoinMarketCap, StablecoinMarketCapResult


@strawberry.type(description="Indicators of the market as a whole, most of them of bitcoin.")
class Indicators:
    fear_greed: FearGreedIndexResult = upstream_daily(api.market.FEAR_GREED, FearGreedIndex)
    options_futures_ratio: OptionsFuturesRatioResult = upstream_daily(
        api.market.OPTIONS_FUTURES_RATIO, OptionsFuturesRatio
    )
    altcoin_season: AltcoinSeasonResult = upstream_daily(api.market.ALTCOIN_SEASON, AltcoinSeason)
    dominance: DominanceResult = upstream_daily(api.market.DOMINANCE, Dominance)
    ahr999: AHR999Result = upstream_daily(api.cycle.AHR999, AHR999)
    puell_multiple: PuellMultipleResult = upstream_daily(api.cycle.PUELL_MULTIPLE, PuellMultiple)
    stock_to_flow: StockToFlowResult = upstream_daily(api.cycle.STOCK_TO_FLOW, StockToFlow)
    profitable_days: ProfitableDaysResult = upstream_daily(api.cycle.PROFITABLE_DAYS, ProfitableDays)
    pi_cycle: PiCycleResult = upstream_daily(api.averages.PI_CYCLE, PiCycle)
    golden_ratio_multiplier: GoldenRatioMultiplierResult = upstream_daily(
        api.averages.GOLDEN_RATIO_MULTIPLIER, GoldenRatioMultiplier
    )
    two_year_moving_average_multiplier: TwoYearMovingAverageMultiplierResult = upstream_daily(
        api.averages.TWO_YEAR_MOVING_AVERAGE, TwoYearMovingAverageMultiplier
    )
    two_hundred_week_moving_average: TwoHundredWeekMovingAverageResult = upstream_daily(
        api.averages.TWO_HUNDRED_WEEK_MOVING_AVERAGE, TwoHundredWeekMovingAverage
    )
    rainbow: RainbowResult = upstream_daily(api.cycle.RAINBOW, Rainbow)
    bull_market_peak: BullMarketPeakResult = upstream(api.cycle.BULL_MARKET_PEAK, BullMarketPeak)
    short_term_holder_sopr: SOPRResult = upstream_daily(api.holders.SHORT_TERM_SOPR, SOPR)
    long_term_holder_sopr: SOPRResult = upstream_daily(api.holders.LONG_TERM_SOPR, SOPR)
    short_term_holder_realized_price: RealizedPriceResult = upstream_daily(
        api.holders.SHORT_TERM_REALIZED_PRICE, RealizedPrice
    )
    long_term_holder_realized_price: RealizedPriceResult = upstream_daily(
        api.holders.LONG_TERM_REALIZED_PRICE, RealizedPrice
    )
    short_term_holder_supply: HolderSupplyResult = upstream_daily(api.holders.SHORT_TERM_SUPPLY, HolderSupply)
    long_term_holder_supply: HolderSupplyResult = upstream_daily(api.holders.LONG_TERM_SUPPLY, HolderSupply)
    rhodl_ratio: RHODLRatioResult = upstream_daily(api.holders.RHODL_RATIO, RHODLRatio)
    reserve_risk: ReserveRiskResult = upstream_daily(api.holders.RESERVE_RISK, ReserveRisk)
    net_unrealized_profit_loss: NetUnrealizedProfitLossResult = upstream_daily(
        api.holders.NET_UNREALIZED_PROFIT_LOSS, NetUnrealizedProfitLoss
    )
    active_addresses: AddressCountResult = upstream_daily(api.network.ACTIVE_ADDRESSES, AddressCount)
    new_addresses: AddressCountResult = upstream_daily(api.network.NEW_ADDRESSES, AddressCount)
    bubble_index: BubbleIndexResult = upstream_daily(api.network.BUBBLE_INDEX, BubbleIndex)
    correlation: CorrelationResult = upstream_daily(api.macro.CORRELATION, Correlation)
    macro_oscillator: MacroOscillatorResult = upstream_daily(api.macro.MACRO_OSCILLATOR, MacroOscillator)
    global_m2_growth: GlobalM2Result = upstream_daily(api.macro.GLOBAL_M2, GlobalM2)
    us_m2_growth: USM2Result = upstream_daily(api.macro.US_M2, USM2)
    stablecoin_market_cap: StablecoinMarketCapResult = upstream_daily(api.stablecoins.MARKET_CAP, StablecoinMarketCap)
    exchange_transparency: ExchangeTransparencyResult = upstream(api.exchanges.TRANSPARENCY, ExchangeTransparency)
    coinbase_premium: CoinbasePremiumSeriesResult = upstream(api.spot.COINBASE_PREMIUM, CoinbasePremiumSeries)
