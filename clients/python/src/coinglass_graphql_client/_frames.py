"""Tables as data frames of pandas and polars and as tables of Arrow. Imports each library only when it is used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from coinglass_graphql_client._tables import Column, Kind, Table

if TYPE_CHECKING:
    import numpy
    import pandas
    import polars
    import pyarrow

_PANDAS = {"int": "Int64", "bool": "boolean", "float": "float64", "text": "object", "other": "object", "date": "object"}


def _missing(extra: str) -> ImportError:
    return ImportError(f"this needs an extra: pip install 'coinglass-graphql-client[{extra}]'")


def to_pandas(table: Table) -> "pandas.DataFrame":
    """Return a data frame of pandas. A time that has no gaps and is first in the table is the index."""
    try:
        import pandas as pd  # noqa: PLC0415  # optional
    except ImportError:
        raise _missing("pandas") from None

    frame = pd.DataFrame({name: _pandas(column) for name, column in table.columns.items()})
    if next(iter(table.columns.items()), ("", None))[0] == "time":
        frame = frame.set_index("time")
    frame.attrs.update(table.metadata)
    return frame


def _pandas(column: Column) -> "pandas.Series[Any]":
    import numpy as np  # noqa: PLC0415  # optional, as pandas
    import pandas as pd  # noqa: PLC0415

    if column.kind in {"timestamp", "time"}:
        return pd.Series(_moments(column.values, np)).dt.tz_localize("UTC")
    return pd.Series(list(column.values), dtype=_PANDAS[column.kind])


def _moments(values: Sequence[Any], np: Any) -> "numpy.ndarray[Any, Any]":
    """Return milliseconds or datetimes as numpy has them: UTC without saying so."""
    naive = [value if value is None or isinstance(value, int) else round(value.timestamp() * 1000) for value in values]
    moments: numpy.ndarray[Any, Any] = np.array(naive, dtype="datetime64[ms]")
    return moments


def to_polars(table: Table) -> "polars.DataFrame":
    """Return a data frame of polars."""
    try:
        import polars as pl  # noqa: PLC0415  # optional
    except ImportError:
        raise _missing("polars") from None

    moment = pl.Datetime("ms", "UTC")
    dtypes: dict[Kind, pl.DataType | type[pl.DataType]] = {
        "timestamp": moment,
        "time": moment,
        "date": pl.Date,
        "float": pl.Float64,
        "int": pl.Int64,
        "bool": pl.Boolean,
        "text": pl.String,
    }
    return pl.DataFrame(
        [pl.Series(name, column.values, dtypes.get(column.kind)) for name, column in table.columns.items()]
    )


def to_arrow(table: Table) -> "pyarrow.Table":
    """Return a table of Arrow; its schema has the metadata of the table."""
    try:
        import pyarrow as pa  # noqa: PLC0415  # optional
    except ImportError:
        raise _missing("arrow") from None

    moment = pa.timestamp("ms", tz="UTC")
    of = {
        "timestamp": moment,
        "time": moment,
        "date": pa.date32(),
        "float": pa.float64(),
        "int": pa.int64(),
        "bool": pa.bool_(),
        "text": pa.string(),
    }
    arrays = {name: pa.array(column.values, of.get(column.kind)) for name, column in table.columns.items()}
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in table.metadata.items()}
    return pa.table(arrays).replace_schema_metadata(texts)
