"""Clients of a broadcast that are cut, resume by cursor, and read slowly, in random order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.live.rig import Reader, Value

Step: TypeAlias = tuple[str, int, int]

CLIENTS = 4  # the first of which is cut only with all others, and reads at once
FEW_EXAMPLES = settings(
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],  # to shrink takes minutes
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

_client = st.integers(1, CLIENTS - 1)
client_steps = st.one_of(
    st.tuples(st.just("cut"), _client, st.integers(0, 6)),
    st.tuples(st.just("return"), _client, st.just(0)),
    st.tuples(st.just("stop"), _client, st.just(0)),
    st.tuples(st.just("read"), _client, st.just(0)),
)


@dataclass
class ResumingClient:
    """What one client has been sent over all of its connections."""

    variables: Mapping[str, Any]
    reader: Reader | None = None
    seen: list[Value] = field(default_factory=list)

    @property
    def cursor(self) -> str | None:
        return next((value["cursor"] for value in reversed(self.seen) if value.get("cursor")), None)

    def see(self, lost: int = 0) -> None:
        """Note what has been sent, but for the last messages, which are on their way when the line is cut."""
        if self.reader is not None:
            values = self.reader.values
            self.seen += values[: len(values) - lost] if lost else values
            self.reader.forget()

    def stop(self) -> None:
        if self.reader is not None:
            self.reader.slow = True

    def read(self) -> None:
        if self.reader is not None:
            self.reader.read()

    def cut(self, lost: int) -> None:
        if self.reader is not None:
            self.see(lost)
            self.reader.close()
            self.reader = None

    def step(self, kind: str, lost: int) -> None:
        match kind:
            case "cut":
                self.cut(lost)
            case "stop":
                self.stop()
            case "read":
                self.read()
