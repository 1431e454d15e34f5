"""The server receives SIGTERM while subscribers of all protocols are connected."""

import asyncio
import os
import signal
import time
from collections import Counter
from typing import Final

from chaos.rig import rig
from chaos.stop import ENDS_WITHIN
from chaos.stream_faults import watched
from chaos.verdict import Effort, Verdict

_ENDS: Final = {"WebSocket": "closed 1001", "SSE": "interrupted", "multipart": "interrupted"}


async def stop_streams(_: Effort) -> list[Verdict]:
    """Expect the end by which the clients of each protocol subscribe again elsewhere."""
    async with rig() as tested, watched(tested) as this:
        signalled = time.monotonic()
        os.kill(tested.server.pid, signal.SIGTERM)
        code = await asyncio.to_thread(tested.server.exit_code, ENDS_WITHIN + 5)
        took = time.monotonic() - signalled
        await asyncio.sleep(0.5)
        ends = Counter((watch.label.split(" ")[0], watch.end) for watch in this.watches)
        log = tested.server.log_text()
    wrong = sum(count for (protocol, end), count in ends.items() if _ENDS[protocol] != end)
    text = ", ".join(f"{count} {protocol}: {end or 'no end'}" for (protocol, end), count in ends.items())
    text = f"exit code {code} after {took:.1f} s; {text}" + ("; a traceback in the log" if "Traceback" in log else "")
    holds = code == 0 and took <= ENDS_WITHIN and not wrong and "Traceback" not in log
    bound = f"exits 0 within {ENDS_WITHIN:g} s, each told to connect again: {', '.join(map(' '.join, _ENDS.items()))}"
    return [Verdict("SIGTERM with subscribers", bound, text, holds)]
