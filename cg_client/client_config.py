"""The settings of a client, apart from it: reading them imports no HTTP."""

from dataclasses import dataclass, field

from cg_client.plans.plan_table import Plan
from cg_client.quota.round_robin import Weights
from cg_client.secret import Secret

BASE_URL = "https://open-api-v4.coinglass.com"
SOCKET_PATH = "/ws-api"
SOCKET_URL = f"wss://open-ws.coinglass.com{SOCKET_PATH}"


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    """With `plan` None the account endpoint is called for it.

    The seconds bound an attempt, its connecting, its silences and an operation.
    `proxy` is the address of an HTTP proxy on the way to CoinGlass; the environment is not searched for one. `workers`
    processes share the key's quota; with `quota_spent` this one's share counts as spent for its first minute.
    `client_weights`: weight of each client in the fair queue (default 1). `caller_share`: part of the minute that
    clients may use beyond equal shares.
    """

    api_key: Secret
    base_url: str = field(default=BASE_URL, repr=False)  # may contain a password, as may `socket_url` and `proxy`
    socket_url: str = field(default=SOCKET_URL, repr=False)
    plan: Plan | None = None
    attempt_seconds: float = 10.0
    connect_seconds: float = 5.0
    read_seconds: float = 8.0
    deadline_seconds: float = 15.0
    cache_bytes: int = 64 * 1024 * 1024
    connections: int = 32
    proxy: str | None = field(default=None, repr=False)
    workers: int = 1
    quota_spent: bool = False
    client_weights: Weights = field(default_factory=dict)
    caller_share: float = 1.0
