"""Indicators of the market, and signs from spot markets and lending."""

from tests.cases.case import Case, on_coin

D1 = "interval: D1"


def indicator(field: str, union: str) -> Case:
    return Case(f"{{ indicators {{ it: {field} {{}} }} }}", union)


CASES: dict[str, Case] = {
    "/api/index/altcoin-season": indicator("altcoinSeason", "AltcoinSeasonResult"),
    "/api/index/bitcoin-dominance": indicator("dominance", "DominanceResult"),
    "/api/index/ahr999": indicator("ahr999", "AHR999Result"),
    "/api/index/puell-multiple": indicator("puellMultiple", "PuellMultipleResult"),
    "/api/index/stock-flow": indicator("stockToFlow", "StockToFlowResult"),
    "/api/index/bitcoin/profitable-days": indicator("profitableDays", "ProfitableDaysResult"),
    "/api/index/pi-cycle-indicator": indicator("piCycle", "PiCycleResult"),
    "/api/index/golden-ratio-multiplier": indicator("goldenRatioMultiplier", "GoldenRatioMultiplierResult"),
    "/api/index/2-year-ma-multiplier": indicator(
        "twoYearMovingAverageMultiplier", "TwoYearMovingAverageMultiplierResult"
    ),
    "/api/index/200-week-moving-average-heatmap": indicator(
        "twoHundredWeekMovingAverage", "TwoHundredWeekMovingAverageResult"
    ),
    "/api/index/bitcoin/rainbow-chart": indicator("rainbow", "RainbowResult"),
    "/api/bull-market-peak-indicator": indicator("bullMarketPeak", "BullMarketPeakResult"),
    "/api/index/bitcoin-sth-sopr": indicator("shortTermHolderSopr", "SOPRResult"),
    "/api/index/bitcoin-lth-sopr": indicator("longTermHolderSopr", "SOPRResult"),
    "/api/index/bitcoin-sth-realized-price": indicator("shortTermHolderRealizedPrice", "RealizedPriceResult"),
    "/api/index/bitcoin-lth-realized-price": indicator("longTermHolderRealizedPrice", "RealizedPriceResult"),
    "/api/index/bitcoin-short-term-holder-supply": indicator("shortTermHolderSupply", "HolderSupplyResult"),
    "/api/index/bitcoin-long-term-holder-supply": indicator("longTermHolderSupply", "HolderSupplyResult"),
    "/api/index/bitcoin-rhodl-ratio": indicator("rhodlRatio", "RHODLRatioResult"),
    "/api/index/bitcoin-reserve-risk": indicator("reserveRisk", "ReserveRiskResult"),
    "/api/index/bitcoin-net-unrealized-profit-loss": indicator(
        "netUnrealizedProfitLoss", "NetUnrealizedProfitLossResult"
    ),
    "/api/index/bitcoin-active-addresses": indicator("activeAddresses", "AddressCountResult"),
    "/api/index/bitcoin-new-addresses": indicator("newAddresses", "AddressCountResult"),
    "/api/index/bitcoin/bubble-index": indicator("bubbleIndex", "BubbleIndexResult"),
    "/api/index/bitcoin-correlation": indicator("correlation", "CorrelationResult"),
    "/api/index/bitcoin-macro-oscillator": indicator("macroOscillator", "MacroOscillatorResult"),
    "/api/index/bitcoin-vs-global-m2-growth": indicator("globalM2Growth", "GlobalM2Result"),
    "/api/index/bitcoin-vs-us-m2-growth": indicator("usM2Growth", "USM2Result"),
    "/api/index/stableCoin-marketCap-history": indicator("stablecoinMarketCap", "StablecoinMarketCapResult"),
    "/api/exchange_assets_transparency/list": indicator("exchangeTransparency", "ExchangeTransparencyResult"),
    "/api/coinbase-premium-index": indicator(f"coinbasePremium({D1})", "CoinbasePremiumSeriesResult"),
    "/api/futures_spot_volume_ratio": on_coin(f"futuresSpotVolumeRatio({D1})", "FuturesSpotVolumeRatioSeriesResult"),
    "/api/bitfinex-margin-long-short": on_coin(f"bitfinexMargin({D1})", "BitfinexMarginSeriesResult"),
    "/api/borrow-interest-rate/history": on_coin(f"borrowRate({D1}, exchange: BINANCE)", "BorrowRateSeriesResult"),
}
