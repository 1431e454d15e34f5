"""Money into and out of exchange-traded funds, by day and fund."""

from cg_client.endpoint import Endpoint

_SPELLING = {"by_ticker": "etf_flows", "ticker": "etf_ticker"}

BITCOIN = Endpoint(
    path="/api/etf/bitcoin/flow-history", summary="Flows of the US spot bitcoin funds.", spelling=_SPELLING
)
ETHEREUM = Endpoint(
    path="/api/etf/ethereum/flow-history", summary="Flows of the US spot ether funds.", spelling=_SPELLING
)
SOLANA = Endpoint(path="/api/etf/solana/flow-history", summary="Flows of the US spot solana funds.", spelling=_SPELLING)
XRP = Endpoint(path="/api/etf/xrp/flow-history", summary="Flows of the US spot XRP funds.", spelling=_SPELLING)
# Not in CoinGlass' own repositories: known from a later copy of its documentation and from public clients.
HYPE = Endpoint(
    path="/api/etf/hype/flow-history", summary="Flows of the US spot Hyperliquid funds.", spelling=_SPELLING
)
HONG_KONG_BITCOIN = Endpoint(
    path="/api/hk-etf/bitcoin/flow-history", summary="Flows of the Hong Kong bitcoin funds.", spelling=_SPELLING
)
