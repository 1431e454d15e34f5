"""What replicas share through the store: of each CoinGlass key answers, quota, facts and channels; and the budgets."""

import socket
from dataclasses import replace
from typing import Final
from weakref import WeakSet

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.live.listener import SocketObserver
from cg_client.live.socket import UpstreamSocket
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.tracing import Tracer
from live.reopening_socket import ReopeningSocket
from server.settings import Settings
from server.store_observer import CountingStoreObserver
from shared.answers.answers import Answers
from shared.budgets.shared_budgets import SharedBudgets
from shared.budgets.windows import BudgetNames
from shared.facts.shared_facts import SharedFacts
from shared.quota.replica_count import ReplicaCount
from shared.quota.shared_quota import LONGEST_CALL, SharedQuota
from shared.store.address import Address
from shared.store.scope import Scope
from shared.store.store import Store
from shared.streams.shared_socket import SharedSocket

_RECOVERY_SECONDS: Final = 4.0  # in which a store without data hears of every replica that has lost it


class KeySharing:
    """A client, and what it shares with other replicas under its CoinGlass key. It starts before its client is used."""

    def __init__(
        self,
        sharing: "Sharing",
        config: ClientConfig,
        tracer: Tracer | None,
        sockets: SocketObserver,
    ) -> None:
        store, clock, replica = sharing.store, sharing.clock, sharing.replica
        scope = Scope.of(config.api_key, config.base_url)

        def share_quota(local: AdmissionQueue) -> SharedQuota:
            longest = max(LONGEST_CALL, config.deadline_seconds)  # by which every call ends
            self.quota = SharedQuota(
                local, store, scope, clock, replica=replica, longest=longest, recovery_seconds=sharing.recovery_seconds
            )
            return self.quota

        self.answers = Answers.of(store, config, clock)
        whole = replace(config, workers=1, quota_spent=False)  # the quota is that of all replicas
        self.client = Client(whole, clock=clock, tracer=tracer, second_tier=self.answers, share_quota=share_quota)
        self.facts = SharedFacts(store, scope, self.client, replica)
        local = ReopeningSocket(UpstreamSocket(self.client, sockets), clock)
        self.channels = SharedSocket(local, store, scope, clock, replica)
        self._hooks = [store.on_return(self.quota.on_return), store.on_loss(self.quota.on_loss)]
        self.answers.start()

    async def start(self, *, joins_quota: bool) -> None:
        """Learn what other replicas know of the key. Without `joins_quota` its first call joins their quota."""
        if joins_quota:
            await self.quota.open()
        await self.facts.start()

    async def close(self) -> None:
        """Close the client as well, at its time."""
        try:
            await self.facts.close()
            await self.client.close()
            await self.answers.close()
        finally:
            for withdraw in self._hooks:
                withdraw()


class Sharing:
    """The store of the replicas: it starts before everything that uses it, and closes after that."""

    def __init__(self, settings: Settings, address: Address, clock: Clock, observer: CountingStoreObserver) -> None:
        self.clock, self.replica = clock, settings.replica or f"{socket.gethostname()}:{settings.port}"
        self.observer, self.store = observer, Store(address, clock, observer)
        is_new = settings.has_private_store and not settings.replaces_worker
        self.recovery_seconds = 0.0 if is_new else _RECOVERY_SECONDS
        self._keys = WeakSet[KeySharing]()
        self._count = None if settings.api_key else ReplicaCount(self.store, settings.base_url, clock, self.replica)
        self.budgets = SharedBudgets(
            settings.budget(), clock, self.store, BudgetNames(settings.api_key, settings.base_url), self.count_replicas
        )

    def of_key(self, config: ClientConfig, tracer: Tracer | None, sockets: SocketObserver) -> KeySharing | None:
        """Return a client and what it shares under its key; None without one."""
        if not config.api_key:
            return None
        sharing = KeySharing(self, config, tracer, sockets)
        self._keys.add(sharing)
        return sharing

    def count_replicas(self) -> int:
        if self._count is not None:
            return self._count.replicas
        return max((sharing.quota.contact.replicas for sharing in self._keys), default=1)

    async def start(self) -> None:
        await self.store.start()
        if self._count is not None:
            await self._count.start()
        await self.budgets.start()

    async def close(self) -> None:
        await self.budgets.close()
        if self._count is not None:
            await self._count.close()
        await self.store.close()
