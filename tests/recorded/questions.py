"""The questions of each recording: those of its endpoint's case, and those of lists that answer many parents."""

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
from tests.recorded.recording import Bodies, Compare, Question, Recording


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


def questions_of_pairs(recording: Recording) -> list[Question]:
    case = {
        "/api/futures/pairs-markets": over("pairs", "market", "PairMarketResult"),
        "/api/spot/pairs-markets": over("spotPairs", "market", "SpotPairMarketResult"),
    }[recording.path]
    return [Question(case, compare_parents, listed_pairs(recording))]


def questions_of_funding(recording: Recording) -> list[Question]:
    case = over("coins", "currentFundingRates", "CurrentFundingRatesResult")
    return [Question(case, compare_parents, listed_coins(recording))]


def questions_of_accumulated_funding(recording: Recording) -> list[Question]:
    everywhere = "{ markets { it: accumulatedFundingRates(range: D365) {} } }"
    of_coins = over("coins", "accumulatedFundingRates(range: D365)", "AccumulatedFundingRatesResult")
    return [
        Question(Case(everywhere, "AccumulatedFundingRatesByCoinResult"), compare_rows),
        Question(of_coins, compare_parents, listed_coins(recording)),
    ]


def questions_of_liquidations(recording: Recording) -> list[Question]:
    of_coin = Case('{ coin(symbol: "BTC") { it: liquidationsByExchange {} } }', "LiquidationsByExchangeResult")
    return [Question(CASES[recording.path], compare_rows), Question(of_coin, compare_rows)]


def questions_of_days_to_come(recording: Recording) -> list[Question]:
    case = CASES[recording.path]
    assert case.union is not None
    compare = COMPARED.get(recording.path, compare_rows)
    return [Question(Case(case.query.replace(" {}", '(to: "2030-01-01T00:00:00Z") {}'), case.union), compare)]


def questions_of_premiums(recording: Recording) -> list[Question]:
    case = CASES[recording.path]
    if "list" in recording.data[0]:
        return [Question(case, compare_premiums)]
    of_fund = Case(case.query.replace("Discount {}", 'Discount(ticker: "GBTC") {}'), case.union)
    return [Question(of_fund, compare_premiums)]


COMPARED: Mapping[str, Compare] = {
    "/api/futures/taker-buy-sell-volume/exchange-list": compare_record,
    "/api/futures/open-interest/exchange-history-chart": compare_by_exchange,
    "/api/option/exchange-oi-history": compare_by_exchange,
    "/api/option/exchange-vol-history": compare_by_exchange,
    "/api/futures/liquidation/aggregated-heatmap/model3": compare_heatmap,
    "/api/index/bitcoin/rainbow-chart": compare_rainbow,
    "/api/index/stableCoin-marketCap-history": compare_stablecoins,
}
ASKED: Mapping[str, Callable[[Recording], list[Question]]] = {
    "/api/futures/pairs-markets": questions_of_pairs,
    "/api/spot/pairs-markets": questions_of_pairs,
    "/api/futures/funding-rate/exchange-list": questions_of_funding,
    "/api/futures/funding-rate/accumulated-exchange-list": questions_of_accumulated_funding,
    "/api/futures/liquidation/exchange-list": questions_of_liquidations,
    "/api/etf/bitcoin/premium-discount/history": questions_of_premiums,
    "/api/index/stock-flow": questions_of_days_to_come,
    "/api/index/bitcoin/rainbow-chart": questions_of_days_to_come,
}


def questions(recording: Recording) -> list[Question]:
    if recording.path in ASKED:
        return ASKED[recording.path](recording)
    return [Question(CASES[recording.path], COMPARED.get(recording.path, compare_rows))]
