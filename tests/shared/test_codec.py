"""What replicas share is what one of them decoded: value by value, for each endpoint, or it is not read at all."""

import json
from array import array
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.call import Answer, Call
from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind, DecodingAnomaly
from cg_client.decoding.decoder_names import name_of
from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, options
from cg_client.endpoints.account import SUBSCRIPTION_CALL
from cg_client.params.choices import Unit
from cg_client.params.core import CoinParams, Params
from cg_client.secret import Secret
from cg_client.symbols import listings
from graph_types.scalars import time_of
from payloads.columns import Columns, Lists, new_identity
from payloads.series import Candle
from resolvers.fund_premium import Premium, PremiumDay
from sandbox.samples import sample
from served_schema.decoders import decoders
from shared.answers.codec import LEAST_COMPRESSED, AnswerCodec
from shared.answers.record_types import RecordType, is_record
from shared.answers.value_codec import ValueEncoder
from shared.answers.value_decoder import ValueDecoder
from shared.codec_errors import Unencodable, UnreadableValue
from tests.cases import SCHEMA
from tests.cg_client.conftest import ENDPOINT
from tests.clock import START
from tests.shared.replicas import number, shared_call

CODEC = AnswerCodec(Secret("the-key-of-the-tests"), "https://upstream", "1")
LISTINGS = [(etf.BITCOIN_LIST, listings._decode_funds), (options.INFO, listings._decode_options_exchanges)]
DECODERS = [(endpoint, decode) for endpoint, some in decoders(SCHEMA._schema).items() for decode in some] + LISTINGS


def same(first: Any, second: Any) -> bool:
    """Whether values are equal and of the same types, all the way down."""
    if type(first) is not type(second):
        return False
    if isinstance(first, Columns):
        facts = [(table.row, [*table.stored], {**table.converts}, table.identity is None) for table in (first, second)]
        stored = [[table.column(name).stored for name in table.stored] for table in (first, second)]
        return facts[0] == facts[1] and same(*stored)
    if isinstance(first, list | tuple | Lists):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return same([*first.items()], [*second.items()])
    return same(_fields(first), _fields(second)) if is_record(type(first)) else bool(first == second)


def _fields(record: object) -> list[Any]:
    kind: type = type(record)
    return [getattr(record, name) for name in RecordType.of(kind).fields]


def shared(value: Any) -> Any:
    """Return the value after a way through bytes."""
    encoder = ValueEncoder()
    data = msgspec.msgpack.encode((encoder.encode(value), [record.name for record in encoder.types]))
    tree, names = msgspec.msgpack.decode(data, type=tuple[Any, tuple[tuple[str, str, tuple[str, ...]], ...]])
    return ValueDecoder([RecordType.by_name(name) for name in names]).decode(tree)


def decoded(endpoint: Endpoint, decode: Any, rows: slice = slice(None)) -> Any:
    data = sample(endpoint.path)["data"]
    if isinstance(data, list):
        data = data[rows]
    return decode(msgspec.Raw(json.dumps(data).encode()), AnomalyCollector())


@pytest.mark.parametrize(("endpoint", "decode"), DECODERS, ids=lambda item: getattr(item, "path", ""))
def test_what_is_decoded_of_each_endpoint_is_shared_as_it_is(endpoint: Endpoint, decode: Any) -> None:
    value = decoded(endpoint, decode)
    call = Call(endpoint, _params(endpoint), decode)
    digest = CODEC.digest(call)
    assert digest is not None
    result = CODEC.decode(CODEC.encode(Answer(value, endpoint, START, path=call.path), 7, digest), call, digest)
    assert same(result.answer.value, value)
    assert result.size == 7


def _params(endpoint: Endpoint) -> Params:
    """Return parameters of the endpoint, for whose names the codec does not look."""
    del endpoint
    return CoinParams(symbol="BTC")


def test_decoders_of_one_endpoint_have_different_names() -> None:
    names = [(endpoint.path, name_of(decode)) for endpoint, decode in {*DECODERS}]
    assert len({*names}) == len(names)
    assert None not in {name for _, name in names} | {name_of(SUBSCRIPTION_CALL.decode)}


def test_what_an_unnamed_decoder_reads_is_not_shared() -> None:
    assert CODEC.digest(Call(ENDPOINT, CoinParams(symbol="BTC"), lambda _data, _anomalies: None)) is None


def test_a_part_of_a_table_is_shared_without_the_rest() -> None:
    endpoint, decode = next(
        (endpoint, decode) for endpoint, decode in DECODERS if isinstance(decoded(endpoint, decode), Columns)
    )
    whole = decoded(endpoint, decode)
    assert same([*shared(whole[1:])], [*whole[1:]])


def test_the_rest_of_an_answer_is_shared_too() -> None:
    answer = Answer(
        5,
        ENDPOINT,
        START + timedelta(microseconds=1),
        sandbox=True,
        lifetime=30.5,
        anomalies=(DecodingAnomaly(AnomalyKind.ROW_SKIPPED, "price", 2, '"x"'),),
        path="/api/former",
    )
    call = shared_call()
    assert CODEC.decode(CODEC.encode(answer, 3, "d"), call, "d").answer == answer


_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text()
_times = st.datetimes(timezones=st.just(UTC))
_records = st.builds(Premium, st.none() | st.text(), st.none() | st.floats(allow_nan=False), st.none(), st.none())
_arrays = st.lists(st.floats(allow_nan=False)).map(lambda values: array("d", values))
_leaves = _scalars | _times | st.dates() | st.sampled_from(Unit) | _records | _arrays
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.lists(st.lists(inner))
        | st.builds(PremiumDay, st.integers(0, 2**62), st.lists(_records).map(tuple))
    ),
    max_leaves=12,
)


@given(_values)
def test_any_value_of_these_kinds_is_shared_as_it_is(value: Any) -> None:
    assert same(shared(value), value)


_figures = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.integers(0, 2**52), _figures, _figures), min_size=1), st.booleans())
def test_any_table_is_shared_as_it_is(rows: list[tuple[int, float | None, float | None]], is_packed: bool) -> None:
    times, opens, closes = map(list, zip(*rows, strict=True))
    packed: Any = array("q", times) if is_packed else times
    stored = {"time": packed, "timestamp": packed, "open": opens, "high": closes, "low": opens, "close": closes}
    table: Columns[Any] = Columns(Candle, stored, {"time": time_of}, len(times), new_identity())
    result = shared(table)
    assert same(result, table)
    assert result.stored["time"] is result.stored["timestamp"]


@given(st.binary(max_size=300), st.integers(0, 200))
def test_damaged_bytes_are_never_read(noise: bytes, at: int) -> None:
    call, answer = shared_call(), Answer([1.0] * 50, ENDPOINT, START)
    data = CODEC.encode(answer, 1, "d")
    damaged = data[:at] + noise + data[at + len(noise) :]
    if damaged != data:
        with pytest.raises(UnreadableValue):
            CODEC.decode(damaged, call, "d")


_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 12) | st.floats() | st.text(max_size=2) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=25,
)


@given(_trees)
def test_a_tree_that_no_encoder_makes_is_unreadable_or_a_value(tree: Any) -> None:
    decoder = ValueDecoder([RecordType.of(Candle), RecordType.of(Premium), RecordType.of(Unit)])
    try:
        value = decoder.decode(tree)
    except UnreadableValue:
        return
    assert same(shared(value), value)


@pytest.mark.parametrize(
    ("name", "column"),
    [("open", ["1.5"]), ("open", [True]), ("time", [1.5]), ("unknown", [1.5]), ("open", [1.0, 2.0]), ("open", [[1.0]])],
    ids=repr,
)
def test_a_table_with_other_values_than_its_class_declares_is_unreadable(name: str, column: list[Any]) -> None:
    columns: dict[str, list[Any]] = {key: [1.5] for key in RecordType.of(Candle).fields}
    columns |= {"time": [1], "timestamp": [1]}
    decoder = ValueDecoder([RecordType.of(Candle)])
    assert decoder.decode(_table(columns))[0].open == 1.5
    with pytest.raises(UnreadableValue):
        decoder.decode(_table(columns | {name: column}))


def _table(columns: dict[str, list[Any]]) -> Any:
    """Return the tree of a table with one row."""
    trees = [[0, [0, column]] for column in columns.values()]
    return [8, 0, {name: at for at, name in enumerate(columns)}, trees, [["time"], 1, True]]


@pytest.mark.parametrize(
    "name",
    [
        ("payloads.series", "Candle", ("time", "open")),
        ("payloads.series", "Nothing", ()),
        ("subprocess", "Popen", ()),
        ("payloads.columns", "Columns", ()),
        ("payloads.series", "Candle.__class__", ()),
    ],
    ids=repr,
)
def test_a_class_with_other_fields_or_outside_our_packages_is_unreadable(
    name: tuple[str, str, tuple[str, ...]],
) -> None:
    with pytest.raises(UnreadableValue):
        RecordType.by_name(name)


def test_a_figure_of_a_record_is_checked() -> None:
    decoder = ValueDecoder([RecordType.of(Premium)])
    assert decoder.decode([4, 0, ["GBTC", 1.0, None, None]]) == Premium("GBTC", 1.0, None, None)
    with pytest.raises(UnreadableValue):
        decoder.decode([4, 0, ["GBTC", "1.0", None, None]])


@pytest.mark.parametrize(
    "value",
    [object(), {1: object()}, datetime(2026, 1, 1), 2**70, array("f", [1.0]), "\ud800", float],  # noqa: DTZ001  # naive on purpose
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_has_no_form_in_bytes_is_refused(value: Any) -> None:
    with pytest.raises(Unencodable):
        CODEC.encode(Answer(value, ENDPOINT, START), 1, "d")


def test_an_answer_is_compressed_where_it_pays() -> None:
    small = CODEC.encode(Answer([1.5] * 10, ENDPOINT, START), 1, "d")
    large = CODEC.encode(Answer([1.5] * LEAST_COMPRESSED, ENDPOINT, START), 1, "d")
    assert b"/api/test" in small
    assert len(large) < LEAST_COMPRESSED


def _digests() -> Iterator[str | None]:
    call = shared_call()
    for key, url, version in (("a", "u", "1"), ("b", "u", "1"), ("a", "v", "1"), ("a", "u", "2")):
        yield AnswerCodec(Secret(key), url, version).digest(call)
    yield CODEC.digest(shared_call("ETH"))


def test_names_differ_by_key_address_version_and_call() -> None:
    digests = [*_digests()]
    assert len({*digests}) == len(digests)
    assert CODEC.digest(Call(ENDPOINT, CoinParams(symbol="BTC"), number)) == CODEC.digest(shared_call("BTC"))


def test_days_are_shared() -> None:
    assert shared([date(2026, 1, 2), None]) == [date(2026, 1, 2), None]
