"""Parameters are sent under upstream's names and in its name, and never with what was left open."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params.choices import LiquidationRange, MapRange, OptionsRange, Range, TakerRange, Unit
from cg_client.params.core import (
    DEPTHS,
    CoinParams,
    CoinSeries,
    ExchangesDepthSeries,
    ExchangesSeries,
    ExchangesSeriesInUsd,
    ExistingName,
    PageParams,
    PairDepthSeries,
    PairSeries,
    PairSeriesInUnit,
    Params,
)
from cg_client.params.positions import (
    CoinMapRange,
    CoinRange,
    CoinTakerRange,
    LiquidationOrdersParams,
    LiquidationTotalsParams,
    OptionsOpenInterest,
    OptionsVenue,
    OptionsVolume,
    PairRange,
)

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
H4 = Interval.H4


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (Params(), {}),
        (CoinParams(symbol="BTC"), {"symbol": "BTC"}),
        (CoinSeries(interval=H4, symbol="BTC"), {"interval": "4h", "symbol": "BTC"}),
        (
            PairSeries(interval=Interval.W1, last=5, from_=NOON, to=NOON, exchange="OKX", symbol="BTC-USDT-SWAP"),
            {
                "interval": "1w",
                "limit": "5",
                "start_time": "1782907200000",
                "end_time": "1782907200000",
                "exchange": "OKX",
                "symbol": "BTC-USDT-SWAP",
            },
        ),
        (
            PairSeriesInUnit(interval=H4, exchange="OKX", symbol="X", unit=Unit.COIN),
            {"interval": "4h", "exchange": "OKX", "symbol": "X", "unit": "coin"},
        ),
        (
            ExchangesSeries(interval=H4, symbol="BTC", exchanges=("Binance", "OKX")),
            {"interval": "4h", "symbol": "BTC", "exchange_list": "Binance,OKX"},
        ),
        (
            ExchangesSeriesInUsd(interval=H4, symbol="BTC", exchanges=("OKX",)),
            {"interval": "4h", "symbol": "BTC", "exchange_list": "OKX", "unit": "usd"},
        ),
        (
            ExchangesDepthSeries(interval=H4, symbol="BTC", exchanges=("OKX",), depth_percent=0.25),
            {"interval": "4h", "symbol": "BTC", "exchange_list": "OKX", "range": "0.25"},
        ),
        (
            PairDepthSeries(interval=H4, exchange="OKX", symbol="X"),
            {"interval": "4h", "exchange": "OKX", "symbol": "X", "range": "1"},
        ),
        (PairRange(exchange="OKX", symbol="X"), {"exchange": "OKX", "symbol": "X", "range": "3d"}),
        (CoinRange(symbol="BTC", range=Range.Y1), {"symbol": "BTC", "range": "1y"}),
        (CoinMapRange(symbol="BTC", range=MapRange.D30), {"symbol": "BTC", "range": "30d"}),
        (CoinTakerRange(symbol="BTC", range=TakerRange.M5), {"symbol": "BTC", "range": "5m"}),
        (LiquidationTotalsParams(), {"range": "24h"}),
        (LiquidationTotalsParams(symbol="BTC", range=LiquidationRange.H1), {"symbol": "BTC", "range": "1h"}),
        (
            LiquidationOrdersParams(exchange="OKX", symbol="BTC"),
            {"exchange": "OKX", "symbol": "BTC", "min_liquidation_amount": "10000"},
        ),
        (PageParams(page=1, per_page=50), {"page": "1", "per_page": "50"}),
        (OptionsVolume(symbol="BTC"), {"symbol": "BTC", "unit": "USD"}),
        (OptionsVolume(symbol="ETH", unit=Unit.COIN), {"symbol": "ETH", "unit": "ETH"}),
        (
            OptionsOpenInterest(symbol="BTC", range=OptionsRange.H12),
            {"symbol": "BTC", "unit": "USD", "range": "12h"},
        ),
        (OptionsVenue(symbol="BTC"), {"symbol": "BTC", "exchange": "Deribit"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_parameter_list_is_sent_by_its_source_names(params: Params, query: dict[str, str]) -> None:
    assert params.query() == query
    assert set(query) <= set(params.source_names.values())


@pytest.mark.parametrize(
    ("amount", "text"),
    [(10_000.0, "10000"), (0.5, "0.5"), (1234567.89, "1234567.89"), (0.1 + 0.2, "0.3"), (1e14, "100000000000000")],
)
def test_figures_are_written_without_exponent_or_rounding_noise(amount: float, text: str) -> None:
    params = LiquidationOrdersParams(exchange="OKX", symbol="BTC", min_usd=amount)
    assert params.query()["min_liquidation_amount"] == text


@given(st.integers(0, 7_258_118_400_000), st.integers(-840, 840))
def test_times_of_any_zone_are_sent_in_utc_milliseconds(stamp: int, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp)
    query = CoinSeries(interval=H4, symbol="BTC", from_=time.astimezone(zone)).query()
    assert query["start_time"] == str(stamp)


@given(st.builds(CoinSeries, interval=st.sampled_from(Interval), symbol=st.text(), last=st.none() | st.integers()))
def test_equal_parameters_are_one_cache_key_and_one_query(params: CoinSeries) -> None:
    same = CoinSeries(interval=params.interval, symbol=params.symbol, last=params.last)
    assert (params, hash(params), params.query()) == (same, hash(same), same.query())
    assert ("limit" in params.query()) == (params.last is not None)


@pytest.mark.parametrize("depth", DEPTHS)
def test_each_supported_depth_is_sent_in_its_shortest_form(depth: float) -> None:
    query = PairDepthSeries(interval=H4, exchange="OKX", symbol="X", depth_percent=depth).query()
    assert query["range"] == f"{depth:g}"


@pytest.mark.parametrize("depth", [0.0, 0.3, -1.0, 100.0, float("nan"), float("inf")])
def test_any_other_depth_is_refused_with_the_supported_ones(depth: float) -> None:
    for make in (
        lambda: PairDepthSeries(interval=H4, exchange="OKX", symbol="X", depth_percent=depth),
        lambda: ExchangesDepthSeries(interval=H4, symbol="X", exchanges=("OKX",), depth_percent=depth),
    ):
        with pytest.raises(BadArgument, match=r"depthPercent is one of 0\.25, 0\.5, 0\.75, 1, 2, 3, 5, 10, not"):
            make()


class Checked(Params):
    """A parameter class with a check of its own beside that of its name."""

    ticker: Annotated[str, ExistingName("GBTC")]
    count: int = 1

    def check(self) -> None:
        if self.count < 1:
            raise BadArgument("`count` is a number from 1.", "count")


@pytest.mark.parametrize(("ticker", "count", "argument"), [("--", 1, "ticker"), ("GBTC", 0, "count")])
def test_a_class_with_a_check_of_its_own_still_has_its_names_checked(ticker: str, count: int, argument: str) -> None:
    with pytest.raises(BadArgument) as refusal:
        Checked(ticker=ticker, count=count)
    assert refusal.value.argument == argument
