"""Funding and liquidations over the whole market, open interest by margin and exchange, positions on Hyperliquid."""

from tests.cases.case import Case, on_coin, on_pair


def on_markets(field: str, union: str) -> Case:
    return Case(f"{{ markets {{ it: {field} {{}} }} }}", union)


def on_hyperliquid(field: str, union: str) -> Case:
    return Case(f"{{ hyperliquid {{ it: {field} {{}} }} }}", union)


ADDRESS = "0x5b5d51203a0f9079f8aeb098a6523a13f298c060"
CASES: dict[str, Case] = {
    "/api/futures/funding-rate/accumulated-exchange-list": on_coin(
        "accumulatedFundingRates(range: D7)", "AccumulatedFundingRatesResult"
    ),
    "/api/futures/funding-rate/arbitrage": on_markets("fundingArbitrage(usd: 10000)", "FundingArbitrageResult"),
    "/api/futures/liquidation/max-pain": on_markets("liquidationMaxPain", "LiquidationMaxPainsResult"),
    "/api/futures/coins-price-change": on_markets("priceChanges", "PriceChangesResult"),
    "/api/futures/delisted-exchange-pairs": on_markets("delistedPairs", "DelistedPairsResult"),
    "/api/futures/exchange-rank": on_markets("exchangeRanking", "ExchangeRankingResult"),
    "/api/futures/open-interest/aggregated-stablecoin-history": on_coin(
        "openInterest(interval: D1, margin: STABLECOIN)", "OISeriesResult"
    ),
    "/api/futures/open-interest/aggregated-coin-margin-history": on_coin(
        'openInterest(interval: D1, margin: COIN, exchanges: ["binance"])', "OISeriesResult"
    ),
    "/api/futures/open-interest/exchange-history-chart": on_coin(
        "openInterestHistoryByExchange", "OpenInterestHistoryByExchangeResult"
    ),
    "/api/futures/net-position/history": on_pair("netPosition(interval: D1, version: V1)", "NetPositionSeriesResult"),
    "/api/futures/v2/net-position/history": on_pair("netPosition(interval: D1)", "NetPositionSeriesResult"),
    "/api/hyperliquid/position": on_hyperliquid('positions(coin: "BTC")', "HyperliquidPositionsResult"),
    "/api/hyperliquid/user-position": on_hyperliquid(f'wallet(address: "{ADDRESS}")', "HyperliquidWalletResult"),
    "/api/hyperliquid/wallet/position-distribution": on_hyperliquid(
        "positionDistribution", "PositionDistributionResult"
    ),
    "/api/hyperliquid/wallet/pnl-distribution": on_hyperliquid("pnlDistribution", "PnlDistributionResult"),
    "/api/hyperliquid/global-long-short-account-ratio/history": on_hyperliquid(
        'longShortAccounts(coin: "btc", interval: D1)', "HyperliquidAccountsResult"
    ),
    "/api/futures/hyperliquid/long-short-account-ratio-by-tag/history": on_hyperliquid(
        'longShortAccountsByTag(coin: "btc", tag: SHRIMP, interval: D1)', "TaggedAccountsResult"
    ),
    "/api/futures/hyperliquid/position-distribution-by-tag/history": on_hyperliquid(
        "positionDistributionByTag(tag: SHRIMP, interval: D1)", "TaggedPositionDistributionResult"
    ),
    "/api/coin/market-data-history": on_coin("marketHistory", "CoinMarketHistoryResult"),
}
