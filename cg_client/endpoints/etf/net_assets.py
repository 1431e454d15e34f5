"""Net assets of exchange-traded funds, by day."""

from cg_client.endpoint import Endpoint
from cg_client.params.funds_and_chain import FundOrAll

BITCOIN = Endpoint(
    path="/api/etf/bitcoin/net-assets/history",
    summary="Net assets of all US spot bitcoin funds together, or of one, by day.",
    params=FundOrAll,
)
ETHEREUM = Endpoint(
    path="/api/etf/ethereum/net-assets/history",
    summary="Net assets of all US spot ether funds together, by day.",
    may_lack=frozenset({"price_usd"}),  # documented, and in no live answer that was seen
)
