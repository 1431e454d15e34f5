"""What a transport needs of a subscription: encoded bodies to take, and a call when there are some."""

from collections.abc import Callable, Sequence
from typing import Protocol


class ResultStream(Protocol):
    """One subscriber of one operation. It keeps its own position, so that a slow transport stores nothing."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing follows what `take` returned."""

    def take(self) -> Sequence[bytes]:
        """Return bodies that the subscriber has not had, oldest first, each a result in JSON: none if it has had all.

        One that is far behind gets some of them, and takes again when its client has read those.
        """

    def attach(self, wake: Callable[[], None]) -> None:
        """Call `wake` in the event loop when there is something to take or the end; once until `take` is called."""

    def close(self) -> None:
        """Stop: the client has left."""
