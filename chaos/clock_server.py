"""The server with a wall clock that jumps: a day ahead at SIGUSR1, an hour back at SIGUSR2.

Called with the arguments of the command line of the server.
"""

import signal
import sys
from datetime import UTC, datetime, timedelta

from cg_client.clock import Clock
from server.cli import main

_jumps: list[timedelta] = []


def _now() -> datetime:
    return datetime.now(UTC) + sum(_jumps, timedelta())


def _jump(number: int, _: object) -> None:
    _jumps.append(timedelta(days=1) if number == signal.SIGUSR1 else timedelta(hours=-1))


if __name__ == "__main__":
    Clock.now = staticmethod(_now)
    signal.signal(signal.SIGUSR1, _jump)
    signal.signal(signal.SIGUSR2, _jump)
    sys.exit(main())
