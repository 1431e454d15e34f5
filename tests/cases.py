"""One query for each endpoint of the catalogue: the field that it answers, with all that the payload has."""

from dataclasses import dataclass

from schema.build import build
from tests.selection import everything

SCHEMA = build()


@dataclass(frozen=True)
class Case:
    """`query` holds `{}` where the selection goes; `union` is the result, or None for a listing."""

    query: str
    union: str | None

    def text(self) -> str:
        return self.query if self.union is None else self.query.replace("{}", everything(SCHEMA._schema, self.union))


def _pair(field: str, union: str) -> Case:
    return Case(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {field} {{}} }} }}', union)


def _spot(field: str, union: str) -> Case:
    return Case(f'{{ spotPair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {field} {{}} }} }}', union)


def _coin(field: str, union: str) -> Case:
    return Case(f'{{ coin(symbol: "BTC") {{ it: {field} {{}} }} }}', union)


def _option(field: str, union: str) -> Case:
    return Case(f'{{ coin(symbol: "BTC") {{ options {{ it: {field} {{}} }} }} }}', union)


def _flows(asset: str) -> Case:
    return Case(f"{{ etf(asset: {asset}) {{ it: flows {{}} }} }}", "ETFFlowsResult")


D1 = "interval: D1"
CASES = {
    "/api/user/account/subscription": Case("{ it: account {} }", "AccountResult"),
    "/api/futures/supported-coins": Case("{ it: coins { nodes { symbol } } }", None),
    "/api/futures/supported-exchanges": Case("{ it: exchanges { name } }", None),
    "/api/futures/supported-exchange-pairs": Case(
        "{ it: pairs { nodes { exchange symbol base quote "
        "settlement maxLeverage fundingIntervalHours priceTickSize } } }",
        None,
    ),
    "/api/spot/supported-coins": Case('{ it: coin(symbol: "USDT") { symbol } }', None),
    "/api/spot/supported-exchange-pairs": Case("{ it: spotPairs { nodes { exchange symbol base quote } } }", None),
    "/api/futures/pairs-markets": _pair("market", "PairMarketResult"),
    "/api/futures/coins-markets": _coin("market", "CoinMarketResult"),
    "/api/spot/pairs-markets": _spot("market", "SpotPairMarketResult"),
    "/api/spot/coins-markets": _coin("spotMarket", "SpotCoinMarketResult"),
    "/api/futures/price/history": _pair(f"price({D1})", "PriceSeriesResult"),
    "/api/spot/price/history": _spot(f"price({D1})", "PriceSeriesResult"),
    "/api/futures/funding-rate/history": _pair(f"fundingRate({D1})", "FundingSeriesResult"),
    "/api/futures/funding-rate/oi-weight-history": _coin(f"fundingRate({D1})", "FundingSeriesResult"),
    "/api/futures/funding-rate/vol-weight-history": _coin(
        f"fundingRate({D1}, weighting: VOLUME)", "FundingSeriesResult"
    ),
    "/api/futures/funding-rate/exchange-list": _coin("currentFundingRates", "CurrentFundingRatesResult"),
    "/api/futures/open-interest/history": _pair(f"openInterest({D1})", "OISeriesResult"),
    "/api/futures/open-interest/aggregated-history": _coin(f"openInterest({D1})", "OISeriesResult"),
    "/api/futures/open-interest/exchange-list": _coin("openInterestByExchange", "OpenInterestByExchangeResult"),
    "/api/futures/global-long-short-account-ratio/history": _pair(f"longShortRatio({D1})", "LongShortSeriesResult"),
    "/api/futures/top-long-short-account-ratio/history": _pair(
        f"longShortRatio({D1}, kind: TOP_ACCOUNTS)", "LongShortSeriesResult"
    ),
    "/api/futures/top-long-short-position-ratio/history": _pair(
        f"longShortRatio({D1}, kind: TOP_POSITIONS)", "LongShortSeriesResult"
    ),
    "/api/futures/v2/taker-buy-sell-volume/history": _pair(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/aggregated-taker-buy-sell-volume/history": _coin(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/taker-buy-sell-volume/exchange-list": _coin("takerVolumeByExchange", "TakerVolumeByExchangeResult"),
    "/api/spot/taker-buy-sell-volume/history": _spot(f"takerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/spot/aggregated-taker-buy-sell-volume/history": _coin(f"spotTakerVolume({D1})", "TakerVolumeSeriesResult"),
    "/api/futures/liquidation/history": _pair(f"liquidations({D1})", "LiquidationsResult"),
    "/api/futures/liquidation/aggregated-history": _coin(f"liquidations({D1})", "LiquidationsResult"),
    "/api/futures/liquidation/coin-list": Case(
        '{ exchange(name: "Binance") { it: liquidationsByCoin {} } }', "LiquidationsByCoinResult"
    ),
    "/api/futures/liquidation/exchange-list": Case(
        "{ markets { it: liquidationsByExchange {} } }", "LiquidationsByExchangeResult"
    ),
    "/api/futures/liquidation/order": _pair("liquidationOrders", "LiquidationOrdersResult"),
    "/api/futures/liquidation/map": _pair("liquidationMap", "LiquidationMapResult"),
    "/api/futures/liquidation/aggregated-map": _coin("liquidationMap", "LiquidationMapResult"),
    "/api/futures/orderbook/ask-bids-history": _pair(f"orderbook({D1})", "OrderbookResult"),
    "/api/futures/orderbook/aggregated-ask-bids-history": _coin(f"orderbook({D1})", "OrderbookResult"),
    "/api/futures/orderbook/history": _pair(f"orderbookHeatmap({D1})", "OrderbookHeatmapResult"),
    "/api/futures/orderbook/large-limit-order": _pair("largeOrders", "LargeOrdersResult"),
    "/api/spot/orderbook/ask-bids-history": _spot(f"orderbook({D1})", "OrderbookResult"),
    "/api/spot/orderbook/aggregated-ask-bids-history": _coin(f"spotOrderbook({D1})", "OrderbookResult"),
    "/api/spot/orderbook/history": _spot(f"orderbookHeatmap({D1})", "OrderbookHeatmapResult"),
    "/api/spot/orderbook/large-limit-order": _spot("largeOrders", "LargeOrdersResult"),
    "/api/option/info": _option("byExchange", "OptionsByExchangeResult"),
    "/api/option/exchange-oi-history": _option("openInterestHistory", "OptionsOpenInterestSeriesResult"),
    "/api/option/exchange-vol-history": _option("volumeHistory", "OptionsVolumeSeriesResult"),
    "/api/option/max-pain": _option("maxPain", "OptionsMaxPainResult"),
    "/api/etf/bitcoin/flow-history": _flows("BITCOIN"),
    "/api/etf/ethereum/flow-history": _flows("ETHEREUM"),
    "/api/etf/solana/flow-history": _flows("SOLANA"),
    "/api/etf/xrp/flow-history": _flows("XRP"),
    "/api/hk-etf/bitcoin/flow-history": _flows("HONG_KONG_BITCOIN"),
    "/api/etf/bitcoin/list": Case("{ etf(asset: BITCOIN) { it: list {} } }", "FundsResult"),
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
    for kind, over in (("heatmap", _pair), ("aggregated-heatmap", _coin))
}
