"""Tables and data frames out of payloads."""

import math
import sys
from datetime import UTC, datetime

import msgspec
import polars
import pyarrow
import pytest

from coinglass_graphql_client import _frames, types
from coinglass_graphql_client._tables import Column, Table, struct_columns, table_of

SOURCE = {
    "endpoint": "/api/x",
    "fetchedAt": "2026-11-01T00:00:00Z",
    "freshness": "FRESH",
    "refreshSeconds": 60,
    "expiresAt": "2026-11-01T00:01:00Z",
    "sandbox": True,
    "anomalies": [],
}
SERIES = {"source": SOURCE, "requestedInterval": "H1", "interval": "H1", "from": None, "to": None, "count": 2}
TIMES = [datetime(2026, 10, 31, hour, tzinfo=UTC) for hour in (0, 1)]
MILLISECONDS = [1793404800000, 1793408400000]


@pytest.fixture
def liquidations() -> types.Liquidations:
    columns = {"timestamp": MILLISECONDS, "longUsd": [1, None], "shortUsd": [None, None]}
    return msgspec.convert(
        {"__typename": "Liquidations", **SERIES, "truncated": None, "columns": columns, "latest": None},
        types.Liquidations,
    )


def test_pandas_has_the_time_in_utc_as_index_and_nulls_as_nan(liquidations: types.Liquidations) -> None:
    frame = liquidations.to_pandas()
    assert list(frame.index) == TIMES
    assert str(frame.index.tz) == "UTC"  # type: ignore[attr-defined]  # of a DatetimeIndex
    assert frame.index.name == "time"
    assert list(frame.columns) == ["long_usd", "short_usd"]
    assert {str(of) for of in frame.dtypes} == {"float64"}
    assert frame["long_usd"].iloc[0] == 1
    assert math.isnan(frame["long_usd"].iloc[1])


def test_polars_and_arrow_have_nulls_and_types_also_of_empty_columns(liquidations: types.Liquidations) -> None:
    frame, table = liquidations.to_polars(), liquidations.to_arrow()
    rows = [
        {"time": TIMES[0], "long_usd": 1.0, "short_usd": None},
        {"time": TIMES[1], "long_usd": None, "short_usd": None},
    ]
    assert frame.to_dicts() == table.to_pylist() == rows
    assert frame.schema == {
        "time": polars.Datetime("ms", "UTC"),
        "long_usd": polars.Float64,
        "short_usd": polars.Float64,
    }
    assert table.schema.types == [pyarrow.timestamp("ms", "UTC"), pyarrow.float64(), pyarrow.float64()]


def test_a_data_frame_says_that_its_figures_are_of_the_sandbox(liquidations: types.Liquidations) -> None:
    assert liquidations.to_pandas().attrs["sandbox"] is True
    assert liquidations.to_arrow().schema.metadata[b"sandbox"] == b"true"


def test_figures_by_exchange_are_a_column_for_each_exchange() -> None:
    columns = {
        "timestamp": MILLISECONDS,
        "priceUsd": [5.0, 6.0],
        "openInterestByExchange": [
            {"exchange": "OKX", "values": [1.0, None]},
            {"exchange": "CME", "values": [2.0, 3.0]},
        ],
    }
    of = next(
        info.type for info in msgspec.structs.fields(types.OpenInterestHistoryByExchange) if info.name == "columns"
    )
    names = {
        info.encode_name: values for info, values in zip(msgspec.structs.fields(of), columns.values(), strict=True)
    }
    table = dict(struct_columns(msgspec.convert(names, of)))
    assert [list(column.values) for column in table.values()] == [MILLISECONDS, [5.0, 6.0], [1.0, None], [2.0, 3.0]]
    assert [name.rsplit("_", 1)[-1] for name in table][-2:] == ["OKX", "CME"]


def test_rows_become_columns_with_the_names_of_their_parts() -> None:
    figures = {"usd": 1.0, "quantity": None}
    row = {
        "exchange": "OKX",
        "symbol": "BTC",
        **figures,
        "stablecoinMargined": figures,
        "coinMargined": figures,
        "changePercent": dict.fromkeys(("m5", "m15", "m30", "h1", "h4", "h24"), 0.5),
    }
    payload = msgspec.convert(
        {"__typename": "OpenInterestByExchange", "source": SOURCE, "total": row, "exchanges": [row, row]},
        types.OpenInterestByExchange,
    )
    frame = payload.to_pandas()
    assert list(frame["exchange"]) == ["OKX", "OKX"]
    assert list(frame["change_percent_h24"]) == [0.5, 0.5]
    assert payload.to_polars()["stablecoin_margined_quantity"].null_count() == 2


def test_a_payload_without_a_list_of_that_name_says_which_it_has(liquidations: types.Liquidations) -> None:
    with pytest.raises(ValueError, match="Liquidations has no list 'rows', but columns"):
        table_of(liquidations, "rows")


def test_whole_numbers_and_truth_values_keep_their_type_beside_nulls() -> None:
    table = Table({"count": Column("int", [1, None]), "is_open": Column("bool", [None, True])})
    frame = _frames.to_pandas(table)
    assert [str(of) for of in frame.dtypes] == ["Int64", "boolean"]
    assert frame["count"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("module", "extra"), [("pandas", "pandas"), ("polars", "polars"), ("pyarrow", "arrow")])
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    liquidations: types.Liquidations, monkeypatch: pytest.MonkeyPatch, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"coinglass-graphql-client\[{extra}\]"):
        getattr(liquidations, f"to_{extra}")()
