"""What a replica may use of the quota while it is alone."""

import math
from typing import Final

import structlog

from cg_client.errors import NoQuotaPart, QuotaExhausted, StartsTooLate
from cg_client.quota.window import MINUTE, QuotaWindow
from shared.quota.messages import LATE, SILENT, QuotaReply

log = structlog.get_logger(__name__)

FAST_CLOCK: Final = 1.02  # seconds that a replica's clock may take for one, at most
# The share is safe after the sum of these, from the last contact on: a request is executed late (`LATE`); the script
# notes the silence (`SILENT`); it revokes slots of other replicas (3 s); and their last calls stop counting (a minute,
# by clocks that may be slow).
_OVERHEAD: Final = LATE + SILENT + 3.0 + 1.05 * MINUTE
_NO_PART: Final = "This server has yet to get its part of the quota from the shared store (COINGLASS_SHARED_URL)"
_NAME_TAKEN: Final = "Another server has the name of this one (COINGLASS_REPLICA), which gets no part of the quota"


class SafeShare:
    """Lets the window use the slots that the script surely still counts as those of the replica, or its whole share.

    The share is the limit divided by `divisor`, and none with 0. It is safe once nobody else can use any of it. Times
    are monotonic seconds.
    """

    def __init__(self, replica: str, window: QuotaWindow, longest: float) -> None:
        """`longest`: seconds that a call may last, from its admission on."""
        self._replica, self._window = replica, window
        self.grant_lifetime_seconds = longest + _OVERHEAD
        self.divisor = 0
        self.sent_at = -math.inf  # when the last request was sent while in contact
        self._slots = 0  # at the end of the contact
        self._opens_in, self._is_expecting = 1.0, True  # seconds in which a replica without a share expects one
        self._taken_since: float | None = None  # when the name of this replica was that of another one

    def confirm(self, reply: QuotaReply) -> None:
        """Remember what a reply tells of the share."""
        self.divisor = reply.share_divisor
        self._opens_in, self._is_expecting = max(1.0, reply.recovers_in), True

    def start(self, slots: int, now: float) -> None:
        """Let the replica be alone from now on, with so many slots."""
        self._slots = slots
        self.divide(now)

    def divide(self, now: float) -> None:
        """Let the window use what is safe now."""
        rises_at = self.rises_at if self.divisor else now + self._opens_in
        self._window.divide(self._whole if now >= self.rises_at else self._certain, rises_at)

    @property
    def rises_at(self) -> float:
        """When a replica that is alone may use all of its share."""
        return self.sent_at + FAST_CLOCK * self.grant_lifetime_seconds

    def _whole(self, limit: int) -> int:
        return limit // self.divisor if self.divisor else 0

    def _certain(self, limit: int) -> int:
        return min(self._slots, self._whole(limit))

    def expect_nothing(self) -> None:
        """Expect no share before the store answers again, or answers otherwise."""
        self._opens_in, self._is_expecting = MINUTE, False

    def note_name(self, *, is_taken: bool, now: float) -> None:
        """Log once that another process uses the name, and expect nothing: longer than one that was killed keeps it."""
        if not is_taken:
            self._taken_since = None
        elif self._taken_since is None:
            self._taken_since = now
        elif now - self._taken_since > 2 * SILENT:
            self._taken_since = math.inf
            self.expect_nothing()
            text = "another server has the same COINGLASS_REPLICA: rename this one, which gets no part of the quota"
            log.error(text, replica=self._replica)

    @property
    def obstacle(self) -> str | None:
        """Why there is no share: the store has told no part of the quota that is safe without it."""
        if self.divisor:
            return None
        return _NAME_TAKEN if self._taken_since == math.inf else _NO_PART

    def explain(self, refused: StartsTooLate) -> StartsTooLate:
        """Return the refusal of a call, with the obstacle as its reason."""
        obstacle = self.obstacle
        if obstacle is None or refused.retry_after is None:
            return refused
        return QuotaExhausted(refused.retry_after, obstacle) if self._is_expecting else NoQuotaPart(obstacle)
