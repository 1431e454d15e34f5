"""What replicas share through the store: of each CoinGlass key answers, quota, facts and channels; and the budgets."""

import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from weakref import WeakSet

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.live.stream import LocalSocket
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.tracing import Tracer
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

_SETTLE_SECONDS: Final = 4.0  # in which a store without data hears of every replica that has lost it


class KeySharing:
    """What replicas share under one CoinGlass key. It starts before its client is used."""

    def __init__(self, store: Store, config: ClientConfig, clock: Clock, replica: str, settle: float) -> None:
        """`settle`: as SharedQuota has it."""
        self._store, self._clock, self._replica, self._settle = store, clock, replica, settle
        self._deadline_seconds = config.deadline_seconds  # by which every call ends
        self._scope = Scope.of(config.api_key, config.base_url)
        self.answers = Answers.of(store, config, clock)
        self._client: Client
        self._hooks: list[Callable[[], None]] = []
        self.quota: SharedQuota
        self.facts: SharedFacts
        self.channels: SharedSocket

    def client(self, config: ClientConfig, tracer: Tracer | None) -> Client:
        """Make the client, whose whole quota is that of all replicas."""
        config = replace(config, workers=1, quota_spent=False)
        client = Client(
            config, clock=self._clock, tracer=tracer, second_tier=self.answers, share_quota=self._share_quota
        )
        self._client, self.facts = client, SharedFacts(self._store, self._scope, client, self._replica)
        self.answers.start()
        return client

    def _share_quota(self, local: AdmissionQueue) -> SharedQuota:
        self.quota = SharedQuota(
            local,
            self._store,
            self._scope,
            self._clock,
            replica=self._replica,
            longest=max(LONGEST_CALL, self._deadline_seconds),
            settle=self._settle,
        )
        self._hooks = [self._store.on_return(self.quota.on_return), self._store.on_loss(self.quota.on_loss)]
        return self.quota

    def share_channels(self, local: LocalSocket) -> SharedSocket:
        """Follow the channels of all replicas; one of them needs the local socket."""
        self.channels = SharedSocket(local, self._store, self._scope, self._clock, self._replica)
        return self.channels

    async def start(self) -> None:
        await self.quota.open()
        await self.facts.start()

    async def close(self) -> None:
        """Close the client as well, at its time."""
        try:
            await self.facts.close()
            await self._client.close()
            await self.answers.close()
        finally:
            for withdraw in self._hooks:
                withdraw()


class Sharing:
    """The store of the replicas: it starts before everything that uses it, and closes after that."""

    def __init__(self, settings: Settings, address: Address, clock: Clock, observer: CountingStoreObserver) -> None:
        self._clock, self.replica = clock, settings.replica or f"{socket.gethostname()}:{settings.port}"
        self.observer, self.store = observer, Store(address, clock, observer)
        is_new = settings.has_private_store and not settings.replaces_worker
        self._settle = 0.0 if is_new else _SETTLE_SECONDS
        self._keys = WeakSet[KeySharing]()
        self._count = None if settings.api_key else ReplicaCount(self.store, settings.base_url, clock, self.replica)
        self.budgets = SharedBudgets(
            settings.budget(), clock, self.store, BudgetNames(settings.api_key, settings.base_url), self.count_replicas
        )

    def of_key(self, config: ClientConfig) -> KeySharing | None:
        """Return what is shared under the key; None without one."""
        if not config.api_key:
            return None
        sharing = KeySharing(self.store, config, self._clock, self.replica, self._settle)
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
