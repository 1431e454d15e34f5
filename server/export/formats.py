"""The formats of exports, by the name that `format` has in an address and by the media type that `Accept` has."""

from importlib.util import find_spec
from typing import Final, NamedTuple

HAS_PYARROW: Final = find_spec("pyarrow") is not None
EXTRA: Final = "coinglass-graphql[arrow]"


class FileFormat(NamedTuple):
    """`is_compressed`: a content coding would not make it smaller."""

    name: str
    content_type: bytes
    suffix: str
    needs_pyarrow: bool = False
    is_compressed: bool = False

    @property
    def media_type(self) -> bytes:
        return self.content_type.partition(b";")[0]

    @property
    def is_available(self) -> bool:
        return HAS_PYARROW or not self.needs_pyarrow


CSV: Final = FileFormat("csv", b"text/csv; charset=utf-8; header=present", "csv")
EXCEL: Final = FileFormat("excel", b"text/csv; charset=utf-8; header=present", "csv")
NDJSON: Final = FileFormat("ndjson", b"application/x-ndjson", "ndjson")
ARROW: Final = FileFormat("arrow", b"application/vnd.apache.arrow.stream", "arrows", needs_pyarrow=True)
PARQUET: Final = FileFormat(
    "parquet", b"application/vnd.apache.parquet", "parquet", needs_pyarrow=True, is_compressed=True
)

BY_NAME: Final = {each.name: each for each in (CSV, EXCEL, NDJSON, ARROW, PARQUET)}
BY_MEDIA_TYPE: Final = {each.media_type: each for each in (CSV, NDJSON, ARROW, PARQUET)}
