"""Volume of market orders in detail: cumulative delta, footprint, net flow; and large orders of the past."""

from tests.cases.case import Case, on_coin, on_pair, on_spot_pair
from tests.cases.core import D1

_DELTA = "CumulativeVolumeDeltaSeriesResult"
_PAST_ORDERS = 'largeOrderHistory(from: "2025-04-22T00:00:00Z", to: "2025-04-23T00:00:00Z")'
CASES: dict[str, Case] = {
    "/api/futures/cvd/history": on_pair(f"cumulativeVolumeDelta({D1})", _DELTA),
    "/api/spot/cvd/history": on_spot_pair(f"cumulativeVolumeDelta({D1})", _DELTA),
    "/api/futures/aggregated-cvd/history": on_coin(f"cumulativeVolumeDelta({D1})", _DELTA),
    "/api/spot/aggregated-cvd/history": on_coin(f"spotCumulativeVolumeDelta({D1})", _DELTA),
    "/api/futures/volume/footprint-history": on_pair("footprint(interval: H1)", "FootprintSeriesResult"),
    "/api/spot/volume/footprint-history": on_spot_pair("footprint(interval: H1)", "FootprintSeriesResult"),
    "/api/futures/orderbook/v2/large-limit-order-history": on_pair(_PAST_ORDERS, "LargeOrderHistoryResult"),
    "/api/spot/orderbook/v2/large-limit-order-history": on_spot_pair(_PAST_ORDERS, "LargeOrderHistoryResult"),
    "/api/futures/netflow-list": Case("{ markets { it: netflows {} } }", "FuturesNetflowsResult"),
    "/api/spot/netflow-list": Case("{ markets { it: spotNetflows {} } }", "SpotNetflowsResult"),
    "/api/futures/coin/netflow": on_coin("netflow", "CoinNetflowResult"),
    "/api/spot/coin/netflow": on_coin("spotNetflow", "CoinNetflowResult"),
}
