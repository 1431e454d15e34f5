"""A replica that is cut off cannot reach the store, is told nothing, and reaches everything else."""

import asyncio
import sys

from chaos.partition import Partition, partition
from chaos.rig import free_port

_CONNECTS = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 10).sendall(b'it')"


async def _connects(cut: Partition, address: str) -> "asyncio.subprocess.Process":
    """Let a process on the replica's side send something to an address."""
    host, _, port = address.partition(":")
    command = [*cut.prefix, sys.executable, "-S", "-c", _CONNECTS, host, port]
    return await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)


async def test_a_cut_separates_from_the_store_alone_and_in_silence() -> None:
    received: asyncio.Queue[int] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read():
            received.put_nowait(writer.get_extra_info("sockname")[1])
        writer.close()

    port, other = free_port(), free_port()
    async with (
        partition(port) as cut,
        await asyncio.start_server(serve, cut.hosts, port),
        await asyncio.start_server(serve, cut.upstream, other),
    ):
        assert await (await _connects(cut, cut.store)).wait() == 0
        assert await received.get() == port
        cut.cut()
        blocked = await _connects(cut, cut.store)
        assert await (await _connects(cut, f"{cut.upstream}:{other}")).wait() == 0
        assert await received.get() == other
        assert received.empty()
        cut.mend()
        assert await blocked.wait() == 0
        assert await received.get() == port
