"""Futures, spot, options, funds, sentiment and account: the parts that the project began with."""

from tests.cases.case import Case, on_coin, on_options, on_pair, on_spot_pair


def flows(asset: str) -> Case:
    return Case(f"{{ etf(asset: {asset}) {{ it: flows {{}} }} }}", "ETFFlowsResult")


D1 = "interval: D1"
CASES: dict[str, Case] = {
    "/api/user/account/subscription": Case("{ it: coinglassAccount {} }", "CoinglassAccountResult"),
    "/api/futures/supported-coins": Case("{ it: coins { nodes { symbol } } }", None),
    "/api/futures/supported-exchanges": Case("{ it: exchanges { name } }", None),
    "/api/futures/supported-exchange-pairs": Case(
        "{ it: pairs { nodes { exchange symbol base quote "
        "settlement maxLeverage fundingIntervalHours priceTickSize } } }",
        None,
    ),
    "/api/spot/supported-coins": Case('{ it: coin(symbol: "USDT") { symbol } }', None),
    "/api/spot/supported-exchange-pairs": Case("{ it: spotPairs { nodes { exchange symbol base quote } } }", None),
    "/api/futures/pairs-markets": on_pair("market", "PairMarketResult"),
    "/api/futures/coins-markets": on_coin("market", "CoinMarketResult"),
    "/api/spot/pairs-markets": on_spot_pair("market", "SpotPairMarketResult"),
    "/api/spot/coins-markets": on_coin("spotMarket", "SpotCoinMarketResult"),
    "/api/futures/price/history": on_pair(f"price({D1})", "PriceSeriesResult"),
    "/api/spot/price/history": on_spot_pair(f"price({D1})", "PriceSeriesResult"),
    "/api/futures/funding-rate/history": on_pair(f"fundingRate({D1})", "FundingSeriesResult"),
    "/api/futures/funding-rate/oi-weight-history": on_coin(f"fundingRate({D1})", "FundingSeriesResult"),
    "/api/futures/funding-rate/vol-weight-history": on_coin(
        f"fundingRate({D1}, weighting: VOLUME)", "FundingSeriesResult"
    ),
    "/api/futures/funding-rate/exchange-list": on_coin("currentFundingRates", "CurrentFundingRatesResult"),
    "/api/futures/open-interest/history": on_pair(f"openInterest({D1})", "OISeriesResult"),
    "/api/futures/open-interest/aggregated-history": on_coin(f"openInterest({D1})", "OISeriesResult"),
    "/api/futures/open-interest/exchange-list": on_coin("openInterestByExchange", "OpenInterestByExchangeResult"),
    "/api/futures/global-long-short-account-ratio/history": on_pair(f"longShortRatio({D1})", "LongShortSeriesResult"),
    "/api/futures/top-long-short-account-ratio/history": on_pair(
        f"longShortRatio({D1}, kind: TOP_ACCOUNTS)", "LongShortSeriesResult"
    ),
    "/api/futures/top-long-short-position-ratio/history": on_pair(
        f"longShortRatio({D1}, kind: TOP_POSITIONS)", "LongShortSeriesResult"
    ),
    "/api/futures/v2/taker-buy-sell-volume/history": on_pair(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/aggregated-taker-buy-sell-volume/history": on_coin(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/taker-buy-sell-volume/exchange-list": on_coin("takerVolumeByExchange", "TakerVolumeByExchangeResult"),
    "/api/spot/taker-buy-sell-volume/history": on_spot_pair(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/spot/aggregated-taker-buy-sell-volume/history": on_coin(f"spotTakerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/liquidation/history": on_pair(f"liquidations({D1})", "LiquidationsResult"),
    "/api/futures/liquidation/aggregated-history": on_coin(f"liquidations({D1})", "LiquidationsResult"),
    "/api/futures/liquidation/coin-list": Case(
        '{ exchange(name: "Binance") { it: liquidationsByCoin {} } }', "LiquidationsByCoinResult"
    ),
    "/api/futures/liquidation/exchange-list": Case(
        "{ markets { it: liquidationsByExchange {} } }", "LiquidationsByExchangeResult"
    ),
    "/api/futures/liquidation/order": on_pair("liquidationOrders", "LiquidationOrdersResult"),
    "/api/futures/liquidation/map": on_pair("liquidationMap", "LiquidationMapResult"),
    "/api/futures/liquidation/aggregated-map": on_coin("liquidationMap", "LiquidationMapResult"),
    "/api/futures/orderbook/ask-bids-history": on_pair(f"orderbook({D1})", "OrderbookResult"),
    "/api/futures/orderbook/aggregated-ask-bids-history": on_coin(f"orderbook({D1})", "OrderbookResult"),
    "/api/futures/orderbook/history": on_pair(f"orderbookHeatmap({D1})", "OrderbookHeatmapResult"),
    "/api/futures/orderbook/large-limit-order": on_pair("largeOrders", "LargeOrdersResult"),
    "/api/spot/orderbook/ask-bids-history": on_spot_pair(f"orderbook({D1})", "OrderbookResult"),
    "/api/spot/orderbook/aggregated-ask-bids-history": on_coin(f"spotOrderbook({D1})", "OrderbookResult"),
    "/api/spot/orderbook/history": on_spot_pair(f"orderbookHeatmap({D1})", "OrderbookHeatmapResult"),
    "/api/spot/orderbook/large-limit-order": on_spot_pair("largeOrders", "LargeOrdersResult"),
    "/api/option/info": on_options("byExchange", "OptionsByExchangeResult"),
    "/api/option/exchange-oi-history": on_options("openInterestHistory", "OptionsOpenInterestSeriesResult"),
    "/api/option/exchange-vol-history": on_options("volumeHistory", "OptionsVolumeSeriesResult"),
    "/api/option/max-pain": on_options("maxPain", "OptionsMaxPainResult"),
    "/api/etf/bitcoin/flow-history": flows("BTC"),
    "/api/etf/ethereum/flow-history": flows("ETH"),
    "/api/etf/solana/flow-history": flows("SOL"),
    "/api/etf/xrp/flow-history": flows("XRP"),
    "/api/hk-etf/bitcoin/flow-history": flows("HONG_KONG_BTC"),
    "/api/etf/bitcoin/list": Case("{ etf(asset: BTC) { it: list {} } }", "FundListResult"),
    "/api/hyperliquid/whale-alert": Case("{ hyperliquid { it: whaleAlerts {} } }", "WhaleAlertsResult"),
    "/api/hyperliquid/whale-position": Case("{ hyperliquid { it: whalePositions {} } }", "WhalePositionsResult"),
    "/api/index/fear-greed-history": Case("{ sentiment { it: fearGreed {} } }", "FearGreedIndexResult"),
    "/api/index/option-vs-futures-oi-ratio": Case(
        "{ sentiment { it: optionsFuturesRatio {} } }", "OptionsFuturesRatioResult"
    ),
} | {
    f"/api/futures/liquidation/{kind}/model{model}": over(
        f"liquidationHeatmap(model: MODEL{model})", "LiquidationHeatmapResult"
    )
    for model in (1, 2, 3)
    for kind, over in (("heatmap", on_pair), ("aggregated-heatmap", on_coin))
}
