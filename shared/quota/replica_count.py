"""How many replicas share a store, also where the server has no CoinGlass key and callers bring theirs.

Whoever shares a quota is counted in it. A caller's key may be in use at one replica only, so where the server has none
the replicas share a quota that nobody spends: it counts them from their start until they leave or are forgotten.
"""

from collections.abc import Callable
from typing import Final

from cg_client.clock import Clock
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.window import QuotaWindow
from cg_client.secret import Secret
from shared.quota.shared_quota import SharedQuota
from shared.store.scope import Scope
from shared.store.store import Store

_NO_KEY: Final = Secret("coinglass-graphql")


class ReplicaCount:
    """Knows the number that it read last while the store is away."""

    def __init__(self, store: Store, base_url: str, clock: Clock, replica: str) -> None:
        scope = Scope.of(_NO_KEY, f"{base_url.rstrip('/')} replicas")
        self._store = store
        self._quota = SharedQuota(
            AdmissionQueue(QuotaWindow(1), clock), store, scope, clock, replica=replica, recovery_seconds=0
        )
        self._hooks: list[Callable[[], None]] = []

    @property
    def replicas(self) -> int:
        return self._quota.contact.replicas

    async def start(self) -> None:
        self._hooks = [self._store.on_return(self._quota.on_return), self._store.on_loss(self._quota.on_loss)]
        await self._quota.open()

    async def close(self) -> None:
        await self._quota.close()
        for withdraw in self._hooks:
            withdraw()
