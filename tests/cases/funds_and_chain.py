"""Funds, Grayscale, chains, calendar and news."""

from tests.cases.case import Case


def on_etf(field: str, union: str, asset: str = "BTC") -> Case:
    return Case(f"{{ etf(asset: {asset}) {{ it: {field} {{}} }} }}", union)


def on(root: str, field: str, union: str) -> Case:
    return Case(f"{{ {root} {{ it: {field} {{}} }} }}", union)


TICKER = 'ticker: "GBTC"'
CASES: dict[str, Case] = {
    "/api/etf/hype/flow-history": on_etf("flows", "ETFFlowsResult", "HYPE"),
    "/api/etf/ethereum/list": on_etf("list", "FundListResult", "ETH"),
    "/api/etf/bitcoin/net-assets/history": on_etf("netAssets", "ETFNetAssetsResult"),
    "/api/etf/ethereum/net-assets/history": on_etf("netAssets", "ETFNetAssetsResult", "ETH"),
    "/api/etf/bitcoin/premium-discount/history": on_etf("premiumDiscount", "ETFPremiumsResult"),
    "/api/etf/bitcoin/history": on_etf(f"history({TICKER})", "FundHistoryResult"),
    "/api/etf/bitcoin/price/history": on_etf(f"price({TICKER})", "FundPricesResult"),
    "/api/etf/bitcoin/detail": on_etf(f"detail({TICKER})", "FundDetailResult"),
    "/api/etf/bitcoin/aum": on_etf("assetsUnderManagement", "FundAssetsResult"),
    "/api/grayscale/holdings-list": on("grayscale", "holdings", "GrayscaleHoldingsResult"),
    "/api/grayscale/premium-history": on("grayscale", 'premium(coin: "ETC")', "GrayscalePremiumResult"),
    "/api/exchange/assets": on('exchange(name: "Binance")', "assets", "ExchangeAssetsResult"),
    "/api/exchange/balance/list": on("onChain", 'exchangeBalances(coin: "BTC")', "ExchangeBalancesResult"),
    "/api/exchange/balance/chart": on("onChain", 'exchangeBalanceHistory(coin: "BTC")', "ExchangeBalanceHistoryResult"),
    "/api/exchange/chain/tx/list": on("onChain", "exchangeTransfers", "ExchangeTransfersResult"),
    "/api/chain/v2/whale-transfer": on("onChain", "whaleTransfers", "WhaleTransfersResult"),
    "/api/coin/unlock-list": on("onChain", "tokenUnlocks", "TokenUnlocksResult"),
    "/api/calendar/economic-data": on("economicCalendar", "economicData(language: EN)", "EconomicDataResult"),
    "/api/calendar/central-bank-activities": on(
        "economicCalendar", "centralBankActivities", "CentralBankActivitiesResult"
    ),
    "/api/calendar/financial-events": on("economicCalendar", "financialEvents", "FinancialEventsResult"),
    "/api/article/list": on("cryptoNews", "articles", "CryptoArticleListResult"),
    "/api/newsflash/list": on("cryptoNews", "flashes(language: ZH_TW)", "FlashListResult"),
    "/api/coin/vesting": on("onChain", 'vesting(coin: "HYPE")', "VestingResult"),
}
