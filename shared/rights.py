"""What a store refuses of what replicas do, such as commands that its ACL does not allow to their user."""

from cg_client.client_config import ClientConfig
from shared.store.commands import Argument
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import Store

_TRY = LuaScript("rights")


async def find_refusals(store: Store, config: ClientConfig) -> list[str]:
    """Run a script, read a stream and subscribe; return what is refused, with the reasons. Raises StoreAway.

    If subscribing is refused, the store is away after that.
    """
    scope = Scope.of(config.api_key, config.base_url)
    keys = [scope.name("doctor", kind) for kind in ("value", "hash", "index", "stream")]
    channel = scope.name("doctor", "channel")
    refusals = []
    try:
        reply = await store.run(_TRY, keys, [channel])
        refusals += [text.decode() for text in reply if isinstance(text, bytes)] if isinstance(reply, list) else []
    except CommandRefused as refusal:
        refusals.append(f"scripts: {refusal}")
    commands: dict[str, tuple[Argument, ...]] = {"EVAL": ("return 1", 0), "XREAD": ("STREAMS", keys[-1], "$")}
    for name, words in commands.items():
        try:
            await store.execute(name, *words)
        except CommandRefused as refusal:
            refusals.append(f"{name}: {refusal}")
    notices, end = store.session.notices, store.subscribe(channel, lambda _: None)
    try:
        await notices.ping()
    except StoreAway as away:
        refusals.append(f"SUBSCRIBE: {away}")
    finally:
        end()
    return refusals
