"""Money into and out of exchange-traded funds, by day and fund."""

from cg_client.endpoint import Endpoint

_ALIASES = {"by_ticker": "etf_flows", "ticker": "etf_ticker"}

BITCOIN = Endpoint(
    path="/api/etf/bitcoin/flow-history", summary="Flows of the US spot bitcoin funds.", aliases=_ALIASES
)
ETHEREUM = Endpoint(
    path="/api/etf/ethereum/flow-history", summary="Flows of the US spot ether funds.", aliases=_ALIASES
)
SOLANA = Endpoint(path="/api/etf/solana/flow-history", summary="Flows of the US spot solana funds.", aliases=_ALIASES)
XRP = Endpoint(path="/api/etf/xrp/flow-history", summary="Flows of the US spot XRP funds.", aliases=_ALIASES)
# Not in CoinGlass' repositories, but in a later copy of its documentation and in public clients.
HYPE = Endpoint(path="/api/etf/hype/flow-history", summary="Flows of the US spot Hyperliquid funds.", aliases=_ALIASES)
HONG_KONG_BITCOIN = Endpoint(
    path="/api/hk-etf/bitcoin/flow-history", summary="Flows of the Hong Kong bitcoin funds.", aliases=_ALIASES
)
