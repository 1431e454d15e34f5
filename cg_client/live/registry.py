"""The open channels of a socket, with the names by which CoinGlass may know them."""

from collections.abc import Iterator

from cg_client.client import Client
from cg_client.errors import CoinglassError, Gated, InvalidRequest, UnknownName
from cg_client.live.channels import Channel, ChannelKind
from cg_client.live.listener import ChannelListener, SocketObserver
from cg_client.live.name_choice import NameChoice
from cg_client.live.subscription import ChannelHistory, ChannelSubscription
from cg_client.params.core import Params

MARKET = Channel(ChannelKind.LIQUIDATION_ORDERS)  # on which something comes at any time
_NO_PARAMS = Params()


class Registry:
    """`market` chooses the name of the liquidations, which are also subscribed to as a probe."""

    def __init__(self, client: Client, observer: SocketObserver) -> None:
        self._client, self._observer = client, observer
        self._by_channel: dict[Channel, ChannelSubscription] = {}
        self._by_name: dict[str, ChannelSubscription] = {}
        self.market = NameChoice(MARKET.names)

    def __iter__(self) -> Iterator[ChannelSubscription]:
        return iter([*self._by_channel.values()])

    def __len__(self) -> int:
        return len(self._by_channel)

    def add(
        self, channel: Channel, listener: ChannelListener, history: ChannelHistory | None = None
    ) -> ChannelSubscription:
        before = self._by_channel.get(channel)
        if before is not None:
            self.remove(before)
        choice = self.market if channel == MARKET else NameChoice(channel.names)
        choice.begin(self._client.clock.monotonic())
        subscription = ChannelSubscription(channel, listener, choice, self._client.clock, history)
        self._by_channel[channel] = subscription
        self._by_name |= dict.fromkeys(channel.names, subscription)
        return subscription

    def remove(self, subscription: ChannelSubscription) -> None:
        subscription.close()
        self._forget(subscription)

    def _forget(self, subscription: ChannelSubscription) -> None:
        if self._by_channel.get(subscription.channel) is subscription:
            del self._by_channel[subscription.channel]
            for name in subscription.channel.names:
                del self._by_name[name]

    def clear(self) -> None:
        for subscription in self:
            self.remove(subscription)

    def named(self, name: str) -> ChannelSubscription | None:
        return self._by_name.get(name)

    @property
    def is_gated(self) -> bool:
        """Whether the plan, as far as it is known, lacks a channel."""
        return any(self._refusal(subscription.channel.kind) is not None for subscription in self)

    def admit(self) -> bool:
        """Refuse what the plan lacks, and return whether a channel is left."""
        kinds = {subscription.channel.kind for subscription in self._by_channel.values()}
        refusals = {kind: refusal for kind in kinds if (refusal := self._refusal(kind)) is not None}
        for subscription in self if refusals else ():
            if (refusal := refusals.get(subscription.channel.kind)) is not None:
                self._client.note_gated()
                self.refuse(subscription, refusal, self._client.clock.monotonic())
        return bool(self._by_channel)

    def _refusal(self, kind: ChannelKind) -> Gated | None:
        """Return why the plan lacks the channels of this kind, if it does."""
        try:
            self._client.gate.check(kind.endpoint, _NO_PARAMS)
        except Gated as refusal:
            return refusal
        return None

    def begin(self, now: float) -> None:
        """Begin on a new connection."""
        for subscription in self:
            subscription.name_choice.begin(now)

    def probe(self, now: float) -> None:
        """Prepare the liquidations to be subscribed to by all of their names."""
        if MARKET not in self._by_channel:
            self.market.begin(now)
        self.market.try_all(now)

    def go_live(self) -> None:
        for subscription in self:
            subscription.go_live()

    def interrupt(self, failure: CoinglassError, heard_at: float) -> None:
        for subscription in self:
            subscription.interrupt(failure, heard_at)

    def refuse(
        self, subscription: ChannelSubscription, failure: CoinglassError | InvalidRequest, heard_at: float
    ) -> None:
        self._forget(subscription)  # first, since the listener may open it again
        self._observer.refused(subscription.channel.kind, failure)
        subscription.refuse(failure, heard_at)

    def refuse_for_plan(self, subscription: ChannelSubscription, heard_at: float) -> None:
        """Take over CoinGlass' refusal, and have the plan of the key looked up again."""
        self._client.plan_watch.doubt(gated=False)
        self.refuse(subscription, self._client.gate.channel_refused(subscription.channel.kind.endpoint), heard_at)

    def refuse_name(self, subscription: ChannelSubscription, name: str, heard_at: float) -> None:
        """Take over that CoinGlass does not know the name; it may know another."""
        if subscription.name_choice.refuse(name, heard_at):
            return
        channel = subscription.channel
        remedy, argument = ("", None) if channel.symbol is None else ("; check exchange and symbol", "symbol")
        self.refuse(subscription, UnknownName(f"CoinGlass has no channel {name}{remedy}.", (), argument), heard_at)
