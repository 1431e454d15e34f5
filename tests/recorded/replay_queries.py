"""The queries that replay each recording: those of its endpoint's case, and those of lists that answer many parents."""

from collections.abc import Callable, Mapping

from tests.cases import CASES, Case
from tests.recorded.comparing import (
    compare_by_exchange,
    compare_heatmap,
    compare_parents,
    compare_premiums,
    compare_rainbow,
    compare_record,
    compare_rows,
    compare_stablecoins,
)
from tests.recorded.recording import Bodies, Compare, Recording, ReplayQuery


def over(parents: str, part: str, union: str) -> Case:
    return Case(f"{{ it: {parents}(first: 1000) {{ nodes {{ part: {part} {{}} }} }} }}", union)


def listed_pairs(recording: Recording) -> Bodies:
    """Return a listing of the pairs that the rows name."""
    listing: dict[str, list[dict[str, str]]] = {}
    for row in recording.data:
        if "symbol" in row:
            base, quote = row["symbol"].split("/")
            code = row.get("instrument_id", base + quote)
            listing.setdefault(row["exchange_name"], []).append(
                {"instrument_id": code, "base_asset": base, "quote_asset": quote}
            )
    market = recording.path.split("/")[2]
    return {f"/api/{market}/supported-exchange-pairs": {"code": "0", "data": listing}}


def listed_coins(recording: Recording) -> Bodies:
    return {"/api/futures/supported-coins": {"code": "0", "data": [row["symbol"] for row in recording.data]}}


def replay_queries_of_pairs(recording: Recording) -> list[ReplayQuery]:
    case = {
        "/api/futures/pairs-markets": over("pairs", "market", "PairMarketResult"),
        "/api/spot/pairs-markets": over("spotPairs", "market", "SpotPairMarketResult"),
    }[recording.path]
    return [ReplayQuery(case, compare_parents, listed_pairs(recording))]


def replay_queries_of_funding(recording: Recording) -> list[ReplayQuery]:
    case = over("coins", "currentFundingRates", "CurrentFundingRatesResult")
    return [ReplayQuery(case, compare_parents, listed_coins(recording))]


def replay_queries_of_accumulated_funding(recording: Recording) -> list[ReplayQuery]:
    everywhere = "{ markets { it: accumulatedFundingRates(range: D365) {} } }"
    of_coins = over("coins", "accumulatedFundingRates(range: D365)", "AccumulatedFundingRatesResult")
    return [
        ReplayQuery(Case(everywhere, "AccumulatedFundingRatesByCoinResult"), compare_rows),
        ReplayQuery(of_coins, compare_parents, listed_coins(recording)),
    ]


def replay_queries_of_liquidations(recording: Recording) -> list[ReplayQuery]:
    of_coin = Case('{ coin(symbol: "BTC") { it: liquidationsByExchange {} } }', "LiquidationsByExchangeResult")
    return [ReplayQuery(CASES[recording.path], compare_rows), ReplayQuery(of_coin, compare_rows)]


def replay_queries_of_days_to_come(recording: Recording) -> list[ReplayQuery]:
    case = CASES[recording.path]
    assert case.union is not None
    compare = COMPARED.get(recording.path, compare_rows)
    return [ReplayQuery(Case(case.query.replace(" {}", '(to: "2030-01-01T00:00:00Z") {}'), case.union), compare)]


def replay_queries_of_premiums(recording: Recording) -> list[ReplayQuery]:
    case = CASES[recording.path]
    if "list" in recording.data[0]:
        return [ReplayQuery(case, compare_premiums)]
    of_fund = Case(case.query.replace("Discount {}", 'Discount(ticker: "GBTC") {}'), case.union)
    return [ReplayQuery(of_fund, compare_premiums)]


COMPARED: Mapping[str, Compare] = {
    "/api/futures/taker-buy-sell-volume/exchange-list": compare_record,
    "/api/futures/open-interest/exchange-history-chart": compare_by_exchange,
    "/api/option/exchange-oi-history": compare_by_exchange,
    "/api/option/exchange-vol-history": compare_by_exchange,
    "/api/futures/liquidation/aggregated-heatmap/model3": compare_heatmap,
    "/api/index/bitcoin/rainbow-chart": compare_rainbow,
    "/api/index/stableCoin-marketCap-history": compare_stablecoins,
}
QUERY_BUILDERS: Mapping[str, Callable[[Recording], list[ReplayQuery]]] = {
    "/api/futures/pairs-markets": replay_queries_of_pairs,
    "/api/spot/pairs-markets": replay_queries_of_pairs,
    "/api/futures/funding-rate/exchange-list": replay_queries_of_funding,
    "/api/futures/funding-rate/accumulated-exchange-list": replay_queries_of_accumulated_funding,
    "/api/futures/liquidation/exchange-list": replay_queries_of_liquidations,
    "/api/etf/bitcoin/premium-discount/history": replay_queries_of_premiums,
    "/api/index/stock-flow": replay_queries_of_days_to_come,
    "/api/index/bitcoin/rainbow-chart": replay_queries_of_days_to_come,
}


def replay_queries(recording: Recording) -> list[ReplayQuery]:
    if recording.path in QUERY_BUILDERS:
        return QUERY_BUILDERS[recording.path](recording)
    return [ReplayQuery(CASES[recording.path], COMPARED.get(recording.path, compare_rows))]
