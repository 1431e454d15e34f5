"""Prices of exchange-traded funds against what their shares are worth."""

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import Endpoint
from cg_client.params.funds_and_chain import FundOrAll

# With a ticker the rows are flat, without one each row is a day with the list of its funds.
BITCOIN = Endpoint(
    path="/api/etf/bitcoin/premium-discount/history",
    summary="Premium or discount of the US spot bitcoin funds to their net asset value, by day.",
    params=FundOrAll,
    shape=Tuples(),
)
