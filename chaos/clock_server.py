"""The server with a wall clock that jumps: a day ahead at `AHEAD`, an hour back at `BACK`.

These are signals for which the server has no use of its own.

Called with the arguments of the command line of the server.
"""

import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

from cg_client.clock import Clock
from server.cli import main

AHEAD: Final = signal.SIGRTMIN
BACK: Final = signal.SIGRTMIN + 1

_jumps: list[timedelta] = []


def _now() -> datetime:
    return datetime.now(UTC) + sum(_jumps, timedelta())


def _jump(number: int, _: object) -> None:
    _jumps.append(timedelta(days=1) if number == AHEAD else timedelta(hours=-1))


if __name__ == "__main__":
    Clock.now = staticmethod(_now)
    signal.signal(AHEAD, _jump)
    signal.signal(BACK, _jump)
    sys.exit(main())
