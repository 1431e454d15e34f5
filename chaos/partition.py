"""The network between one replica and the store, which can be cut without a sign to either side."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chaos.relay import relay

NETWORK: Final = "10.203.0.0/16"
_NUMBER: Final = os.getpid() % 127 * 2  # so that two runs do not share an address
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Partition:
    """Where the replica runs that `cut` separates from the store and from nothing else.

    `means`: what makes the cut. `prefix`: of the replica's command. `host`: the address that it listens on, `upstream`
    that on which it reaches this machine. `store`: the store's address and port for it; the store listens on `hosts`.
    """

    means: str
    prefix: Sequence[str]
    host: str
    upstream: str
    store: str
    hosts: Sequence[str]
    cut: Callable[[], None]
    mend: Callable[[], None]


@contextlib.asynccontextmanager
async def partition(port: int) -> AsyncIterator[Partition]:
    """Use a network namespace if this process may make one, else a proxy; the store listens on `port`."""
    if _may_make_namespaces():
        with _namespace(port) as with_links:
            yield with_links
        return
    async with relay(port) as between:
        store = f"{_LOOPBACK}:{between.port}"
        yield Partition("a proxy", (), _LOOPBACK, _LOOPBACK, store, (_LOOPBACK,), between.cut, between.mend)


def _may_make_namespaces() -> bool:
    name = f"chaos-{os.getpid()}-test"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    try:
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except RuntimeError:
        return False
    return True


@contextlib.contextmanager
def _namespace(port: int) -> Iterator[Partition]:
    """Make a namespace with two links: one to the store, which is cut, and one to everything else.

    Without a route by default, packets to the store cannot take the other link.
    """
    pid = os.getpid()
    name, to_store = f"chaos-{pid}", f"cs{pid}"
    with contextlib.ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "del", name)
        for outer, inner, number in ((f"cm{pid}", f"cn{pid}", _NUMBER), (to_store, f"ct{pid}", _NUMBER + 1)):
            _ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
            stack.callback(_ip, "link", "del", outer)
            _ip("address", "add", f"10.203.{number}.1/30", "dev", outer)
            _ip("link", "set", outer, "up")
            _ip("-n", name, "address", "add", f"10.203.{number}.2/30", "dev", inner)
            _ip("-n", name, "link", "set", inner, "up")
        store = f"10.203.{_NUMBER + 1}.1"
        yield Partition(
            "a network namespace",
            ("ip", "netns", "exec", name),
            f"10.203.{_NUMBER}.2",
            f"10.203.{_NUMBER}.1",
            f"{store}:{port}",
            (_LOOPBACK, store),
            lambda: _ip("link", "set", to_store, "down"),
            lambda: _ip("link", "set", to_store, "up"),
        )


def _ip(*words: str) -> None:
    ended = subprocess.run(["ip", *words], check=False, capture_output=True, text=True, timeout=10)  # noqa: S603, S607  # as written above
    if ended.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {ended.stderr.strip()}")
