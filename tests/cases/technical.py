"""Technical indicators of pairs and coins, basis, and indices of the derivatives market."""

from tests.cases.case import Case, on_pair


def on_markets(field: str, union: str) -> Case:
    return Case(f"{{ markets {{ it: {field} {{}} }} }}", union)


D1 = "interval: D1"
CASES: dict[str, Case] = {
    "/api/futures/indicators/rsi": on_pair(f"rsi({D1}, window: 21, seriesType: HIGH)", "RSISeriesResult"),
    "/api/futures/indicators/ma": on_pair(f"movingAverage({D1})", "MovingAverageSeriesResult"),
    "/api/futures/indicators/ema": on_pair(f"exponentialMovingAverage({D1})", "MovingAverageSeriesResult"),
    "/api/futures/indicators/boll": on_pair(f"bollingerBands({D1}, multiplier: 2.5)", "BollingerBandsSeriesResult"),
    "/api/futures/indicators/macd": on_pair(f"macd({D1}, fastWindow: 10)", "MACDSeriesResult"),
    "/api/futures/indicators/avg-true-range": on_pair(f"averageTrueRange({D1})", "AverageTrueRangeSeriesResult"),
    "/api/futures/rsi/list": on_markets("rsi", "RSIByCoinResult"),
    "/api/futures/ma/list": on_markets("movingAverages", "MovingAveragesByCoinResult"),
    "/api/futures/ema/list": on_markets("exponentialMovingAverages", "MovingAveragesByCoinResult"),
    "/api/futures/macd/list": on_markets("macd", "MACDByCoinResult"),
    "/api/futures/avg-true-range/list": on_markets("averageTrueRange", "AverageTrueRangeByCoinResult"),
    "/api/futures/indicators/td": on_pair(f"tdSequential({D1})", "TDSequentialSeriesResult"),
    "/api/futures/td/list": on_markets("tdSequential", "TDSequentialByCoinResult"),
    "/api/futures/basis/history": on_pair(f"basis({D1})", "BasisSeriesResult"),
    "/api/futures/whale-index/history": on_pair(f"whaleIndex({D1})", "WhaleIndexSeriesResult"),
    "/api/futures/cgdi-index/history": on_markets("derivativesIndex", "DerivativesIndexResult"),
    "/api/futures/cdri-index/history": on_markets("derivativesRiskIndex", "DerivativesRiskIndexResult"),
}
