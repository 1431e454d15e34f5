"""Long histories: pages, cost, quota, checkpoints."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from coinglass_graphql_client import (
    AsyncClient,
    CheckpointError,
    Client,
    History,
    HistoryPlan,
    Interval,
    Progress,
    RateLimitedError,
    RefusedError,
    SeriesRequest,
    UnavailableError,
    coin,
    etf,
    pair,
)
from coinglass_graphql_client._pages import pages_of
from coinglass_graphql_client.generated.enums import ETFAsset
from tests.conftest import ClientOf

COINS = ["BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA", "LINK", "AVAX", "LTC"]
NOW = datetime.now(UTC)
TODAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - timedelta(days=170)
END = TODAY - timedelta(days=1)
TWO_YEARS = TODAY - timedelta(days=730)

Series = dict[str, SeriesRequest[Any]]
Change = Callable[[dict[str, Any]], httpx.Response | None]


def funding_and_open_interest(coins: list[str]) -> Series:
    series: Series = {}
    for each in coins:
        future = pair("Binance", f"{each}/USDT")
        series[f"{each}_funding"] = future.funding_rate(Interval.H1).only("close")
        series[f"{each}_open_interest"] = future.open_interest(Interval.H1).only("close")
    return series


BITCOIN = funding_and_open_interest(["BTC"])


class Between(httpx.BaseTransport):
    """Passes requests to the server, and changes the answers of some in turn. Dry runs are passed as they are."""

    def __init__(self, *changes: Change | BaseException | None) -> None:
        self._inner = httpx.HTTPTransport()
        self._changes = iter(changes)
        self.operations: list[dict[str, Any]] = []

    def close(self) -> None:
        self._inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "x-dry-run" in request.headers:
            return self._inner.handle_request(request)
        assert request.headers["x-priority"] == "backfill"
        change = next(self._changes, None)
        if isinstance(change, BaseException):
            raise change
        self.operations.append(json.loads(request.content))
        response = self._inner.handle_request(request)
        response.read()
        body = response.json()
        changed = change(body) if change else None
        return changed or httpx.Response(200, json=body, headers={"x-upstream-calls": "1"})


def unavailable(code: str, retry_after: float | None, *, retryable: bool = True) -> Change:
    """Make the first series of a page unavailable."""

    def change(body: dict[str, Any]) -> None:
        (name,) = body["data"]["r0"]
        body["data"]["r0"][name] = {
            "__typename": "Unavailable",
            "code": code,
            "message": "No.",
            "endpoint": "/api/x",
            "retryable": retryable,
            "retryAfter": retry_after,
        }

    return change


def over_budget(retry_after: float | None) -> Change:
    def change(_: dict[str, Any]) -> httpx.Response:
        extensions = {"code": "CLIENT_RATE_LIMITED", "retryAfter": retry_after}
        return httpx.Response(429, json={"errors": [{"message": "No.", "extensions": extensions}]})

    return change


def test_two_years_of_hourly_funding_and_open_interest_of_ten_pairs_are_one_data_frame(client: Client) -> None:
    reports: list[Progress] = []
    plan = client.plan_history(funding_and_open_interest(COINS), TWO_YEARS, clip=True)
    history = client.fetch_history(plan, progress=reports.append)
    frame = history.to_pandas()
    assert plan.cost.is_exact
    assert history.calls == plan.cost.calls == reports[-1].calls
    assert [report.done for report in reports] == list(range(len(plan.pages) + 1))
    assert list(frame.columns)[:2] == ["BTC_funding", "BTC_open_interest"]
    assert frame.shape[1] == 20
    assert len(frame) > 17_000
    assert frame.notna().all(axis=None)
    assert set(frame.index.diff()[1:]) == {timedelta(hours=1)}
    assert frame.index[-1] <= NOW - timedelta(hours=1)
    assert history.sandbox
    assert {gap.reason for gap in history.gaps} == {"PLAN_HISTORY"}


def test_a_history_equals_the_series_that_one_request_gives(client: Client) -> None:
    request = pair("OKX", "ETH/USDT").funding_rate(Interval.H4)
    history = client.fetch_history(client.plan_history({"funding": request}, START, END)).to_pandas()
    last = END - timedelta(milliseconds=1)
    whole = client.fetch(pair("OKX", "ETH/USDT").funding_rate(Interval.H4, from_=START, to=last)).to_pandas()
    whole.columns = [f"funding_{name}" for name in whole.columns]
    assert history.equals(whole)
    assert len(whole) == 169 * 6


def test_series_of_several_intervals_are_joined_by_time(client: Client) -> None:
    series: Series = {
        "hourly": pair("Binance", "BTC/USDT").price(Interval.H1).only("close"),
        "daily": pair("Binance", "BTC/USDT").price(Interval.D1).only("close"),
        "flows": etf(next(iter(ETFAsset))).flows().only("flow_usd"),
    }
    frame = client.fetch_history(client.plan_history(series, END - timedelta(days=3), END)).to_polars()
    assert frame.columns == ["time", "hourly", "daily", "flows"]
    assert len(frame) == 72
    assert frame["daily"].null_count() == 69


def test_a_plan_says_what_it_costs_before_anything_is_sent(client: Client) -> None:
    plan = client.plan_history(funding_and_open_interest(["SOL", "XRP"]), START, END)
    assert client.usage.calls == 0
    assert str(plan).startswith(f"4 series in {len(plan.pages)} pages: {plan.cost.calls} calls to CoinGlass, 0.")


def test_a_plan_says_that_the_budget_of_the_caller_is_short(client_of: ClientOf) -> None:
    report = {"estimate": {"calls": 9, "values": 1}, "complete": False, "calls": [], "refused": []}
    headers = {"ratelimit": '"calls-per-minute";r=7;t=30, "values-per-day";r=5;t=9'}
    body = {"data": None, "extensions": {"plan": report}}
    client = client_of(httpx.MockTransport(lambda _: httpx.Response(200, json=body, headers=headers)))
    plan = client.plan_history(BITCOIN, END - timedelta(hours=2), END)
    assert str(plan) == "2 series in 1 page: at most 9 calls to CoinGlass; your budget has 7 calls-per-minute left"


def test_a_history_fits_a_server_that_allows_two_calls_for_an_operation(url: str, client: Client) -> None:
    class Limited(Between):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if json.loads(request.content)["query"].count("pair(") <= 2:
                return super().handle_request(request)
            return httpx.Response(
                200, json={"errors": [{"message": "No.", "extensions": {"code": "QUERY_TOO_COMPLEX"}}]}
            )

    series, start = funding_and_open_interest(["BTC", "ETH", "SOL"]), END - timedelta(hours=9)
    with Client(url, transport=Limited()) as limited:
        history = limited.fetch_history(limited.plan_history(series, start, END))
    assert history.to_pandas().equals(client.fetch_history(client.plan_history(series, start, END)).to_pandas())


def test_the_asynchronous_client_fetches_the_same_history(url: str, client: Client) -> None:
    async def fetch() -> History:
        async with AsyncClient(url) as other:
            return await other.fetch_history(await other.plan_history(BITCOIN, START, END))

    history = client.fetch_history(client.plan_history(BITCOIN, START, END))
    assert asyncio.run(fetch()).to_pandas().equals(history.to_pandas())


def test_a_history_beyond_the_plan_is_refused_before_anything_is_sent(client: Client) -> None:
    with pytest.raises(RefusedError, match=r"HISTORY_TOO_DEEP: .* Pass clip=True for the part") as error:
        client.plan_history(BITCOIN, TWO_YEARS)
    assert {refusal.code for refusal in error.value.refusals} == {"HISTORY_TOO_DEEP"}
    assert client.usage.calls == 0


def test_an_interrupted_history_goes_on_where_it_was(client_of: ClientOf, tmp_path: Path) -> None:
    def plan(client: Client) -> HistoryPlan:
        return client.plan_history(BITCOIN, START, checkpoint=tmp_path / "btc")

    first = client_of(Between(None, None, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        first.fetch_history(plan(first))
    transport = Between()
    second = client_of(transport)
    resumed = plan(second)
    assert resumed.done == 2
    assert f"2 of them in the checkpoint: {resumed.cost.calls} calls" in str(resumed)
    frame = second.fetch_history(resumed).to_pandas()
    assert len(transport.operations) == len(resumed.pages) - 2
    whole = second.fetch_history(second.plan_history(BITCOIN, START, frame.index[-1] + timedelta(hours=1)))
    assert frame.equals(whole.to_pandas())


def test_a_complete_checkpoint_answers_without_the_server(client_of: ClientOf, tmp_path: Path) -> None:
    client = client_of(Between())
    before = client.fetch_history(client.plan_history(BITCOIN, START, END, checkpoint=tmp_path))
    down = client_of(httpx.MockTransport(lambda _: httpx.Response(500)))
    again = down.fetch_history(down.plan_history(BITCOIN, START, END, checkpoint=tmp_path))
    assert again.to_pandas().equals(before.to_pandas())
    assert again.calls == 0


KILLED = """
import os, signal, sys
from datetime import datetime
from coinglass_graphql_client import Client, Interval, pair

def kill(progress):
    if progress.done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

url, start, end, folder = sys.argv[1:]
series = {"funding": pair("Binance", "BTC/USDT").funding_rate(Interval.H1)}
client = Client(url)
plan = client.plan_history(series, datetime.fromisoformat(start), datetime.fromisoformat(end), checkpoint=folder)
client.fetch_history(plan, progress=kill)
"""


def test_a_killed_process_loses_no_page_that_had_arrived(client: Client, url: str, tmp_path: Path) -> None:
    arguments = [url, START.isoformat(), END.isoformat(), str(tmp_path)]
    status = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False).returncode
    series: Series = {"funding": pair("Binance", "BTC/USDT").funding_rate(Interval.H1)}
    plan = client.plan_history(series, START, END, checkpoint=tmp_path)
    assert status < 0
    assert plan.done == 3
    assert len(client.fetch_history(plan).to_pandas()) == 169 * 24


@pytest.mark.parametrize(
    ("series", "start", "changed"),
    [
        (funding_and_open_interest(["ETH"]), START, "series"),
        ({name: request.only("high") for name, request in BITCOIN.items()}, START, "series"),
        (BITCOIN, START + timedelta(hours=1), "start"),
    ],
)
def test_a_changed_request_is_not_mixed_with_an_old_checkpoint(
    client: Client, tmp_path: Path, series: Series, start: datetime, changed: str
) -> None:
    client.plan_history(BITCOIN, START, END, checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match=f"another history: {changed} changed"):
        client.plan_history(series, start, END, checkpoint=tmp_path)


def test_figures_of_the_sandbox_are_not_mixed_with_others(client_of: ClientOf, tmp_path: Path) -> None:
    def live(body: dict[str, Any]) -> None:
        for field in body["data"].values():
            for payload in field.values():
                payload["source"]["sandbox"] = False

    client = client_of(Between(None, live))
    with pytest.raises(CheckpointError, match="beside those of CoinGlass"):
        client.fetch_history(client.plan_history(BITCOIN, START, END, checkpoint=tmp_path))


def test_a_folder_with_something_else_is_not_overwritten(client: Client, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("{}")
    with pytest.raises(CheckpointError, match="is not the checkpoint of a history"):
        client.plan_history(BITCOIN, START, END, checkpoint=tmp_path)
    assert (tmp_path / "history.json").read_text() == "{}"


def test_an_exhausted_quota_is_awaited_and_only_what_is_missing_requested_again(
    client_of: ClientOf, waits: list[float]
) -> None:
    transport = Between(unavailable("QUOTA_EXHAUSTED", 17.5))
    client = client_of(transport)
    reports: list[Progress] = []
    history = client.fetch_history(client.plan_history(BITCOIN, START, END), progress=reports.append)
    assert waits == [17.5]
    assert [report.waiting for report in reports if report.waiting] == [17.5]
    assert transport.operations[0]["query"].count("r1:") == 1
    assert transport.operations[1]["query"].count("r1:") == 0
    assert history.to_pandas().notna().all(axis=None)


def test_the_budget_of_the_caller_is_awaited(client_of: ClientOf, waits: list[float]) -> None:
    client = client_of(Between(None, over_budget(31)))
    assert not client.fetch_history(client.plan_history(BITCOIN, START, END)).gaps
    assert waits == [31]


def test_a_page_beyond_the_whole_budget_is_split(client_of: ClientOf, waits: list[float]) -> None:
    transport = Between(over_budget(None))
    client = client_of(transport)
    assert not client.fetch_history(client.plan_history(BITCOIN, START, END)).gaps
    assert not waits
    assert len(transport.operations) == len(client.plan_history(BITCOIN, START, END).pages) + 2


def test_what_is_not_available_for_long_ends_the_history_and_keeps_the_checkpoint(
    client_of: ClientOf, waits: list[float], tmp_path: Path
) -> None:
    client = client_of(Between(None, over_budget(86_400)))
    plan = client.plan_history(BITCOIN, START, END, checkpoint=tmp_path)
    with pytest.raises(RateLimitedError):
        client.fetch_history(plan)
    assert plan.done == 1
    assert not waits


def test_an_outage_is_awaited_longer_and_longer_and_not_for_ever(client_of: ClientOf, waits: list[float]) -> None:
    client = client_of(Between(*[unavailable("CIRCUIT_OPEN", None)] * 40))
    with pytest.raises(UnavailableError, match="CIRCUIT_OPEN"):
        client.fetch_history(client.plan_history(BITCOIN, START, END))
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 60
    assert len(waits) < 15


def test_a_failure_that_waiting_does_not_help_is_raised_at_once(client_of: ClientOf, waits: list[float]) -> None:
    client = client_of(Between(unavailable("UNAUTHORIZED", None, retryable=False)))
    with pytest.raises(UnavailableError, match="UNAUTHORIZED"):
        client.fetch_history(client.plan_history(BITCOIN, START, END))
    assert not waits


def test_a_window_without_data_is_a_gap_with_its_reason(client_of: ClientOf) -> None:
    client = client_of(Between(*[unavailable("NO_DATA", None, retryable=False)] * 2))
    plan = client.plan_history(BITCOIN, START, END)
    history = client.fetch_history(plan)
    (gap,) = history.gaps
    assert (gap.series, gap.start, gap.end, gap.reason) == ("BTC_funding", START, plan.pages[1].end, "NO_DATA")
    assert history.to_pandas()["BTC_funding"].isna().sum() == (gap.end - gap.start) // timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (END, START, "`start` is not before `end`"),
        (START, NOW + timedelta(days=1), "`end` is in the future"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(client: Client, start: datetime, end: datetime, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.plan_history(BITCOIN, start, end)


def test_a_column_that_a_series_does_not_have_is_refused_with_those_that_it_has() -> None:
    request = pair("Binance", "BTC/USDT").funding_rate(Interval.H1)
    with pytest.raises(ValueError, match="no column 'rate', but open, high, low, close"):
        request.only("rate")


@pytest.mark.parametrize(
    ("series", "start", "end", "message"),
    [
        (BITCOIN, "2026-01-01", None, "`start` is a datetime, .* not '2026-01-01'"),
        (BITCOIN, None, None, "`start` is a datetime, .* not None"),
        (BITCOIN, START, END.date(), "`end` is a datetime, .* not datetime.date"),
        ({"a": coin("BTC").market()}, START, END, "market has no history: a series has"),
        ({"a": coin("BTC")}, START, END, r"coin\(symbol: BTC\) is no request yet"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused_with_the_right_one(
    client: Client, series: Any, start: Any, end: Any, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        client.plan_history(series, start, end)


@pytest.mark.parametrize("interval", [Interval.M1, Interval.H1, Interval.H8, Interval.D1, Interval.W1])
def test_pages_follow_each_other_without_a_gap(interval: Interval) -> None:
    series: Series = {"price": pair("Binance", "BTC/USDT").price(interval)}
    pages = list(pages_of(series, START, END, until_now=False))
    assert (pages[0].start, pages[-1].end) == (START, END)
    assert all(before.end == after.start for before, after in pairwise(pages))
    assert len({page.key for page in pages}) == len(pages)


def test_a_progress_bar_shows_pages_and_calls(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    plan = client.plan_history(BITCOIN, START, END)
    client.fetch_history(plan, progress=True)
    assert f"{len(plan.pages)}/{len(plan.pages)}" in capsys.readouterr().err
