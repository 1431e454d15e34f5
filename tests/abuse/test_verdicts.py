"""The abuse suite's verdicts: each does not hold if one of its bounds is exceeded."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from abuse.__main__ import FLOOR, MAX_GROWTH, verdict
from abuse.bystander import p99
from abuse.documents import documents
from abuse.reaction import Reaction, ServerAddress, judge
from abuse.requests import cases
from abuse.sockets import attacks, floods

REFUSED = Reaction("413", 0.01, 0.5, accepted=True)


@pytest.mark.parametrize(
    ("reaction", "growth", "limit", "holds"),
    [
        (REFUSED, 0.0, None, True),
        (REFUSED, MAX_GROWTH + 1, None, False),
        (Reaction("413", 0.2, 0.2, accepted=True), 0.0, None, False),
        (Reaction("500", 0.01, 0.01, accepted=False), 0.0, None, False),
        (REFUSED, 0.0, 1.0, True),
        (REFUSED, 0.0, 0.4, False),
    ],
)
def test_a_case_holds_within_its_bounds(reaction: Reaction, growth: float, limit: float | None, holds: bool) -> None:
    assert verdict("case", [reaction], growth, FLOOR, limit).holds is holds


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"data": {"a": 1}}', ("200", True)),
        (200, b'{"errors": [{"extensions": {"code": "QUERY_TOO_COMPLEX"}}]}', ("200 QUERY_TOO_COMPLEX", True)),
        (200, b'{"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}', ("200 INTERNAL_SERVER_ERROR", False)),
        (431, b"text", ("431", True)),
        (503, b"", ("503", True)),
        (500, b"", ("500", False)),
    ],
)
def test_an_internal_error_is_not_acceptable(status: int, body: bytes, expected: tuple[str, bool]) -> None:
    assert judge(status, body) == expected


def test_the_99th_percentile_is_the_nearest_rank() -> None:
    assert p99([float(number) for number in range(1, 201)]) == 198
    assert p99([3.0]) == 3
    assert p99([]) == 0


async def test_a_reaction_is_the_answer_or_the_end_of_the_connection() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(1) == b"a":
            writer.write(b"HTTP/1.1 431 Too Large\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async def pieces(data: bytes) -> AsyncIterator[bytes]:
        yield data

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        target = ServerAddress(*server.sockets[0].getsockname())
        reactions = [await target.send(pieces(data)) for data in (b"a", b"b")]
    assert [(reaction.text, reaction.accepted) for reaction in reactions] == [("431", True), ("closed", True)]


def test_each_case_has_another_name() -> None:
    names = [case.name for case in cases()] + [*attacks(), *floods()]
    assert len(names) == len(set(names)) > len(list(documents())) > 30
