"""Counts what clients do in a process, and logs each refusal that has no other line."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from callers.caller import Caller
from server.bounded_names import BoundedNames
from server.http import Request
from server.paths import MAX_LOGGED

log = structlog.get_logger(__name__)

MAX_LINES: Final = 20  # a second; refusals cost a client nothing, so that anybody could flood the log
_MAX_COUNTED: Final = 200  # callers with a counter
_OTHERS: Final = "others"


class Traffic:
    """`requests` and `calls` to CoinGlass: by caller with a key or token. `refused`: by error code and status."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic, self._counted = monotonic, BoundedNames(_MAX_COUNTED)
        self.requests: Counter[str] = Counter()  # not of addresses, whose number has no bound
        self.calls: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.in_flight = 0
        self.socket_operations = 0
        self._second, self._lines, self._left_out = 0, 0, 0

    def count_request(self, caller: Caller) -> None:
        """Count a request, or an operation over WebSocket, of a caller with a key or token."""
        self.requests[caller.name if self._counted.add(caller.name) else _OTHERS] += 1

    def count_calls(self, caller: Caller, calls: int) -> None:
        """Count requests to CoinGlass for a caller whose requests are counted."""
        label = caller.name if caller.name in self._counted else _OTHERS
        if label in self.requests:
            self.calls[label] += calls

    def refuse_request(self, request: Request, code: str, status: int | str, **facts: str) -> None:
        """Count and log the refusal of a WebSocket, or of one of its operations."""
        facts |= {"method": request.method, "path": request.path[:MAX_LOGGED], "request_id": request.request_id}
        self.refuse(code, status, address=request.client_address, caller=request.caller.name, **facts)

    def refuse(self, code: str, status: int | str, *, address: str, **facts: str) -> None:
        """Count and log a refusal. `status`: of HTTP, the code of a close frame, or `error` for the message."""
        self.refused[code, str(status)] += 1
        if self._may_log():
            if self._left_out:
                facts["left_out"] = str(self._left_out)
                self._left_out = 0
            log.warning("refused", code=code, status=status, address=address, **facts)

    def _may_log(self) -> bool:
        second = int(self._monotonic())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > MAX_LINES:
            self._left_out += 1
            return False
        return True
