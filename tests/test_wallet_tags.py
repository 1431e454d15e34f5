"""Hyperliquid by tags of wallets, and the history of a coin's market: requests and refusals."""

from typing import Any

import pytest

from cg_client.params.choices import WalletTag
from cg_client.plans.plan_table import Plan
from sandbox.samples import sample
from tests.upstream import StubUpstream, ask, field

ACCOUNTS = "/api/futures/hyperliquid/long-short-account-ratio-by-tag/history"
POSITIONS = "/api/futures/hyperliquid/position-distribution-by-tag/history"
HISTORY = "/api/coin/market-data-history"
PROBLEM = "... on Problem { code message }"


def queries(upstream: StubUpstream, path: str) -> list[dict[str, str]]:
    return [query for request_path, query in upstream.sandbox.requests if request_path == path]


async def positions(arguments: str, upstream: StubUpstream) -> Any:
    selection = f"... on TaggedPositionDistribution {{ capped points {{ time tag }} }} {PROBLEM}"
    return await field(
        f"{{ hyperliquid {{ it: positionDistributionByTag({arguments}) {{ {selection} }} }} }}", upstream
    )


async def refusal(selection: str, upstream: StubUpstream) -> str:
    """Return the message of the field's InvalidInput."""
    result = await field(f"{{ hyperliquid {{ it: {selection} {{ __typename {PROBLEM} }} }} }}", upstream)
    assert (result["__typename"], result["code"]) == ("InvalidInput", "BAD_USER_INPUT")
    message: str = result["message"]
    return message


@pytest.mark.parametrize("tag", WalletTag)
async def test_each_tag_is_sent_as_coinglass_writes_it(tag: WalletTag) -> None:
    upstream = StubUpstream()
    result = await positions(f"tag: {tag.name}, interval: H1, last: 1", upstream)
    assert queries(upstream, POSITIONS) == [{"wallet_tag": tag.value, "interval": "1h", "limit": "1"}]
    assert result == {"capped": False, "points": [{"time": None, "tag": tag.value.lower()}]}


async def test_the_sent_window_of_positions_includes_its_end() -> None:
    upstream = StubUpstream()
    await positions('tag: FISH, interval: D1, from: "2026-11-18T00:00:00Z", to: "2026-11-20T00:00:00Z"', upstream)
    (query,) = queries(upstream, POSITIONS)
    assert (query["start_time"], query["end_time"]) == ("1794960000000", "1795132800001")


async def test_the_time_of_a_row_is_read_if_coinglass_sends_it() -> None:
    rows = [row | {"time": 1_795_132_800_000} for row in sample(POSITIONS)["data"][:1]]
    result = await positions("tag: SHRIMP, interval: D1", StubUpstream({POSITIONS: {"code": "0", "data": rows}}))
    assert result["points"] == [{"time": "2026-11-20T00:00:00Z", "tag": "shrimp"}]


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ("interval: M5", "H1 and D1, not M5"),
        ("interval: D1, last: 0", "from 1 to 1000"),
        ("interval: D1, last: 1001", "from 1 to 1000"),
        ('interval: D1, last: 1, from: "2026-11-18T00:00:00Z"', "but not `last` and `from`"),
        ('interval: D1, from: "2026-11-18T00:00:01Z", to: "2026-11-18T00:00:00Z"', "must not be after `to`"),
    ],
)
async def test_a_senseless_window_of_positions_is_refused(arguments: str, remedy: str) -> None:
    upstream = StubUpstream()
    assert remedy in await refusal(f"positionDistributionByTag(tag: FISH, {arguments})", upstream)
    assert not queries(upstream, POSITIONS)


async def test_accounts_with_a_tag_are_a_series_of_the_coin() -> None:
    upstream = StubUpstream()
    series = 'longShortAccountsByTag(coin: "eth", tag: GIGA_REKT, interval: H1, last: 1500)'
    selection = "... on TaggedAccounts { count latest { tag } source { endpoint } }"
    result = await field(f"{{ hyperliquid {{ it: {series} {{ {selection} }} }} }}", upstream)
    assert (result["count"], result["source"]["endpoint"]) == (1500, ACCOUNTS)
    assert result["latest"] == {"tag": "giga_rekt"}
    sent = queries(upstream, ACCOUNTS)
    assert len(sent) == 2
    assert all((item["symbol"], item["wallet_tag"], item["interval"]) == ("ETH", "Giga_Rekt", "1h") for item in sent)


async def test_accounts_with_a_tag_have_no_other_intervals() -> None:
    series = 'longShortAccountsByTag(coin: "BTC", tag: FISH, interval: M5)'
    assert "H1, D1, not M5" in await refusal(series, StubUpstream())


@pytest.mark.parametrize(
    "history",
    [
        'longShortAccountsByTag(coin: "BTC", tag: FISH, interval: H1)',
        "positionDistributionByTag(tag: FISH, interval: H1)",
    ],
)
async def test_histories_by_tag_need_the_professional_plan(history: str) -> None:
    problem = "... on PlanGated { code requiredPlan alternatives }"
    result = await field(f"{{ hyperliquid {{ it: {history} {{ {problem} }} }} }}", StubUpstream(plan=Plan.STANDARD))
    assert (result["code"], result["requiredPlan"]) == ("PLAN_REQUIRED", "PROFESSIONAL")
    assert result["alternatives"]


async def test_every_window_of_a_coins_market_history_shares_one_request() -> None:
    upstream = StubUpstream()
    part = "... on CoinMarketHistory { count latest { priceUsd circulatingSupply marketCapUsd } }"
    windows = {"whole": "", "last": "(last: 1)", "first": '(to: "2025-01-01T00:00:00Z")'}
    parts = " ".join(f"{name}: marketHistory{window} {{ {part} }}" for name, window in windows.items())
    query = f'{{ coin(symbol: "eth") {{ {parts} }} }}'
    data = (await ask(query, upstream))["data"]["coin"]
    assert [data[name]["count"] for name in ("whole", "last", "first")] == [2, 1, 1]
    assert data["whole"]["latest"] == data["last"]["latest"] != data["first"]["latest"]
    assert queries(upstream, HISTORY) == [{"symbol": "ETH"}]


async def test_the_history_of_a_coins_market_needs_the_startup_plan() -> None:
    query = f'{{ coin(symbol: "BTC") {{ it: marketHistory {{ {PROBLEM} }} }} }}'
    assert (await field(query, StubUpstream(plan=Plan.HOBBYIST)))["code"] == "PLAN_REQUIRED"
    assert await field(query, StubUpstream(plan=Plan.STARTUP)) == {}
