"""Plants drift: an endpoint answers as if CoinGlass had changed it since it was documented."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.envelopes import SandboxReply


def _unchanged(answer: Any) -> Any:  # noqa: ANN401  # JSON
    return answer


@dataclass(frozen=True)
class PlantedDrift:
    """`path` is one endpoint's or `*`. `change` maps the answer, envelope included, to the one that is sent instead.

    `headers` replace the regular ones; None leaves a header out.
    """

    path: str
    change: Callable[[Any], Any] = _unchanged
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def hits(self, path: str) -> bool:
        return self.path in ("*", path)

    def changed(self, reply: SandboxReply) -> SandboxReply:
        """Return the changed answer, with the headers unchanged."""
        if self.change is _unchanged:
            return reply
        return SandboxReply(reply.status, json.dumps(self.change(json.loads(reply.body))).encode(), reply.headers)

    def changed_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        merged: dict[str, str | None] = {**headers, **self.headers}
        return {name: value for name, value in merged.items() if value is not None}
