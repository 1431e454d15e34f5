"""Funds, Grayscale, chains, calendar and news."""

from tests.cases.case import Case


def on_etf(field: str, union: str, asset: str = "BITCOIN") -> Case:
    return Case(f"{{ etf(asset: {asset}) {{ it: {field} {{}} }} }}", union)


TICKER = 'ticker: "GBTC"'
CASES: dict[str, Case] = {
    "/api/etf/hype/flow-history": on_etf("flows", "ETFFlowsResult", "HYPE"),
    "/api/etf/ethereum/list": on_etf("list", "FundsResult", "ETHEREUM"),
    "/api/etf/bitcoin/net-assets/history": on_etf("netAssets", "ETFNetAssetsResult"),
    "/api/etf/ethereum/net-assets/history": on_etf("netAssets", "ETFNetAssetsResult", "ETHEREUM"),
    "/api/etf/bitcoin/premium-discount/history": on_etf("premiumDiscount", "ETFPremiumsResult"),
    "/api/etf/bitcoin/history": on_etf(f"history({TICKER})", "FundHistoryResult"),
    "/api/etf/bitcoin/price/history": on_etf(f"price({TICKER})", "FundPricesResult"),
    "/api/etf/bitcoin/detail": on_etf(f"detail({TICKER})", "FundDetailResult"),
    "/api/etf/bitcoin/aum": on_etf("assetsUnderManagement", "FundAssetsResult"),
}
