"""The lists whose rows answer many pairs or coins, and the key of a parent's row."""

from collections.abc import Mapping, Sequence
from typing import Any

from cg_client.endpoints import futures, spot
from cg_client.params.choices import FundingRange, MaxPainRange
from cg_client.params.core import CoinMarketsPage, CoinParams, Params
from cg_client.params.positions import AccumulatedFunding, MaxPain
from cg_client.symbols.aliases import fold_exchange
from cg_client.symbols.instruments import Instrument
from resolvers.decode import rows_decoder
from resolvers.lists import PER_PAGE, PagedList, WholeList
from resolvers.loaders import RowId, RowKey, RowList
from schema.futures.funding_rate import CoinAccumulatedFunding, CurrentFundingRates
from schema.futures.liquidation import CoinMaxPain
from schema.futures.market import CoinMarket, PairMarket
from schema.spot_market import SpotCoinMarket, SpotPairMarket

_PAIR_MARKETS = rows_decoder(PairMarket, futures.market.PAIRS_MARKETS)
_SPOT_PAIR_MARKETS = rows_decoder(SpotPairMarket, spot.PAIRS_MARKETS)

_ACCUMULATED_FUNDING = rows_decoder(CoinAccumulatedFunding, futures.funding_rate.ACCUMULATED_EXCHANGE_LIST)
_MAX_PAIN = rows_decoder(CoinMaxPain, futures.liquidation.MAX_PAIN)


def _by_symbol(row: Mapping[str, Any]) -> Sequence[RowId]:
    return (row["symbol"],)


def _by_code(row: Mapping[str, Any]) -> Sequence[RowId]:
    return ((fold_exchange(row["exchange"]), row["symbol"]),)


def _by_name(row: Mapping[str, Any]) -> Sequence[RowId]:
    """Rows of spot pairs have no code, but a name like `BTC/USDT`."""
    return ((fold_exchange(row["exchange"]), row["name"]),)


_COIN_MARKETS = rows_decoder(CoinMarket, futures.market.COINS_MARKETS)
_SPOT_COIN_MARKETS = PagedList(spot.COINS_MARKETS, rows_decoder(SpotCoinMarket, spot.COINS_MARKETS), _by_symbol)
_FUNDING_RATES = WholeList(
    futures.funding_rate.EXCHANGE_LIST,
    Params(),
    rows_decoder(CurrentFundingRates, futures.funding_rate.EXCHANGE_LIST),
    _by_symbol,
)


def pair_markets(coin: str) -> RowList:
    return WholeList(futures.market.PAIRS_MARKETS, CoinParams(symbol=coin), _PAIR_MARKETS, _by_code)


def pair_market(pair: Instrument) -> RowKey:
    return RowKey(pair_markets(pair.base), (fold_exchange(pair.exchange), pair.symbol))


def spot_pair_markets(coin: str) -> RowList:
    return WholeList(spot.PAIRS_MARKETS, CoinParams(symbol=coin), _SPOT_PAIR_MARKETS, _by_name)


def spot_pair_market(pair: Instrument) -> RowKey:
    return RowKey(spot_pair_markets(pair.base), (fold_exchange(pair.exchange), f"{pair.base}/{pair.quote}"))


def coin_markets(exchanges: tuple[str, ...] = ()) -> RowList:
    """Coins whose markets are added up over the same exchanges share the list."""
    first = CoinMarketsPage(page=1, per_page=PER_PAGE, exchanges=exchanges)
    return PagedList(futures.market.COINS_MARKETS, _COIN_MARKETS, _by_symbol, first)


def coin_market(symbol: str, exchanges: tuple[str, ...] = ()) -> RowKey:
    return RowKey(coin_markets(exchanges), symbol)


def spot_coin_markets() -> RowList:
    return _SPOT_COIN_MARKETS


def spot_coin_market(symbol: str) -> RowKey:
    return RowKey(_SPOT_COIN_MARKETS, symbol)


def funding_rates(symbol: str) -> RowKey:
    return RowKey(_FUNDING_RATES, symbol)


def _by_coin(row: CoinAccumulatedFunding | CoinMaxPain) -> Sequence[RowId]:
    return (row.symbol,)


def accumulated_funding_rates(symbol: str, period: FundingRange) -> RowKey:
    params = AccumulatedFunding(range=period)
    rows = WholeList(futures.funding_rate.ACCUMULATED_EXCHANGE_LIST, params, _ACCUMULATED_FUNDING, _by_coin)
    return RowKey(rows, symbol)


def liquidation_max_pain(symbol: str, period: MaxPainRange) -> RowKey:
    rows = WholeList(futures.liquidation.MAX_PAIN, MaxPain(range=period), _MAX_PAIN, _by_coin)
    return RowKey(rows, symbol)
