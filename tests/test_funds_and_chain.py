"""Payloads of funds, Grayscale and chains in the forms that only they have."""

from sandbox.samples import sample
from tests.cases import CASES
from tests.test_samples import answer, decoded, in_first_record
from tests.upstream import Upstream, field


async def test_premiums_of_one_fund_may_come_flat() -> None:
    path = "/api/etf/bitcoin/premium-discount/history"
    day = sample(path)["data"][0]
    flat = {"timestamp": day["timestamp"]} | {name: value for name, value in day["list"][0].items() if name != "ticker"}
    query = CASES[path].text().replace("premiumDiscount {", 'premiumDiscount(ticker: "GBTC") {')
    got = await field(query, Upstream({path: {"code": "0", "data": [flat]}}))
    expected = answer(path)
    assert got["latest"] == expected["latest"] | {"byTicker": expected["latest"]["byTicker"][:1]}
    unnamed = await field(CASES[path].text(), Upstream({path: {"code": "0", "data": [flat]}}))
    assert (unnamed["code"], "ticker" in unnamed["message"]) == ("BAD_PAYLOAD", True)


async def test_an_ether_fund_may_have_the_names_of_a_bitcoin_fund() -> None:
    path, live = "/api/etf/ethereum/list", {"name": "fund_name", "type": "fund_type", "asset_info": "asset_details"}
    rename = lambda record: [record.update({new: record.pop(old)}) for old, new in live.items()]  # noqa: E731  # as above
    assert await decoded(path, lambda data: in_first_record(data, rename)) == answer(path)
