"""A response that is too large is an error with its size, and nothing of it is sent."""

from typing import Any

import orjson
import pytest

from server.response_limit import ResponseLimit, ResponseTooLarge

LIMIT = ResponseLimit(1)
LARGEST = "x" * (1024 * 1024 - len(b'{"data":""}'))


def decoded(data: object) -> Any:
    return orjson.loads(LIMIT.encode(data))


def test_the_largest_response_is_sent_whole() -> None:
    assert decoded({"data": LARGEST}) == {"data": LARGEST}


def test_a_larger_response_is_an_error_with_the_size_and_the_limit() -> None:
    with pytest.raises(ResponseTooLarge) as refused:
        LIMIT.encode({"data": LARGEST + "x" * 600_000})
    answer = refused.value.body
    assert answer.keys() == {"errors"}
    assert answer["errors"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}
    assert "1.6 MB, and 1 are allowed (COINGLASS_MAX_RESPONSE_MB)" in answer["errors"][0]["message"]
