"""What the chaos suite judges by can fail: each breach is seen as one."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from cg_client.entries import MAX_STALE
from chaos.connection import CallerReply
from chaos.outcomes import Answered, Outcome, faults, read, shares, summary, too_old, unanswered
from chaos.parts import MARKET, Part, on_pair

PART = on_pair("one", "Binance", "BTC", MARKET)
NOW = 1_795_000_000.0
VALUE = {"__typename": "PairMarket", "symbol": "BTCUSDT"}


def source(age: float = 0.0, freshness: str = "FRESH") -> dict[str, Any]:
    fetched = datetime.fromtimestamp(NOW - age, UTC).isoformat().replace("+00:00", "Z")
    return {"endpoint": "/api/futures/pairs-markets", "freshness": freshness, "fetchedAt": fetched, "anomalies": []}


def answer(part: object, *errors: dict[str, Any], status: int = 200, seconds: float = 0.1) -> Answered:
    body = {"data": {"one": part}} | ({"errors": errors} if errors else {})
    return read([PART], CallerReply(status, orjson.dumps(body), seconds), NOW)


def breaches(answered: Answered, reference: dict[str, object] | None = None) -> list[str]:
    return list(faults([answered], 2.0, reference or {}))


def test_correct_data_in_time_is_not_a_breach() -> None:
    assert breaches(answer({"it": VALUE | {"source": source()}}), {"one": VALUE}) == []


def test_another_value_is_a_breach() -> None:
    wrong = answer({"it": VALUE | {"symbol": "ETHUSDT", "source": source()}})
    assert "other values" in breaches(wrong, {"one": VALUE})[0]


@pytest.mark.parametrize("status", [0, 500, 503])
def test_an_http_failure_is_a_breach(status: int) -> None:
    assert breaches(answer({"it": VALUE}, status=status)) != []


def test_an_answer_after_the_deadline_and_half_a_second_is_a_breach() -> None:
    whole = {"it": VALUE | {"source": source()}}
    assert breaches(answer(whole, seconds=2.4)) == []
    assert breaches(answer(whole, seconds=2.6)) == ["answered after 2.60 s"]


def test_an_internal_error_is_a_breach_and_an_upstream_problem_is_not() -> None:
    assert breaches(answer({"it": {"__typename": "Unavailable", "code": "TIMEOUT"}})) == []
    typed = {"path": ["one"], "extensions": {"code": "UPSTREAM_ERROR"}}
    assert breaches(answer(None, typed)) == []
    masked = {"path": ["one"], "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    assert breaches(answer(None, masked)) == ["one failed with INTERNAL_SERVER_ERROR"]


def test_a_part_that_is_missing_without_a_reason_is_a_breach() -> None:
    assert breaches(answer(None)) == ["one failed with null without an error"]


def test_the_age_of_data_is_compared_with_its_freshness() -> None:
    def old(age: float, freshness: str) -> list[str]:
        return list(too_old(answer({"it": VALUE | {"source": source(age, freshness)}}).outcomes, MAX_STALE))

    assert old(59, "FRESH") == []
    assert old(70, "FRESH") == ["one was 70 s old and FRESH"]
    assert old(70, "STALE") == []
    assert len(old(MAX_STALE + 70, "STALE")) == 1


def test_answers_are_counted_by_code() -> None:
    result = [Outcome("a", None), Outcome("b", "TIMEOUT"), Outcome("c", "TIMEOUT")]
    assert shares(result) == "1 of 3 parts data (2 TIMEOUT)"


def test_a_part_without_data_is_reported_with_the_replica_and_the_reason() -> None:
    problem = {"__typename": "Unavailable", "code": "TIMEOUT", "message": "No answer.", "retryAfter": 2.0}
    refused = replace(answer({"it": problem}), by="rich-2")
    (line,) = unanswered([answer({"it": VALUE | {"source": source()}}), refused])
    assert line == "one from rich-2 after 0.10 s: TIMEOUT, No answer. (retry after 2.0 s)"


def test_breaches_are_escaped_and_shortened_for_a_table() -> None:
    assert summary([]) == ""
    assert summary(["a|b", "c\nd", "e"]) == "; 3 breaches: a/b; c d"


def test_ages_are_counted_from_now() -> None:
    fetched = datetime.fromtimestamp(time.time() - 5, UTC).isoformat()
    body = {"data": {"one": {"it": VALUE | {"source": source() | {"fetchedAt": fetched}}}}}
    (outcome,) = read([Part("one", "")], CallerReply(200, orjson.dumps(body), 0.1)).outcomes
    assert 4.9 < outcome.age < 7
