"""Planted drift: an endpoint answers as if CoinGlass had changed it since it was documented."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.envelopes import Reply


def _as_it_is(answer: Any) -> Any:  # noqa: ANN401  # JSON
    return answer


@dataclass(frozen=True)
class Drift:
    """`path` is one endpoint's or `*`. `change` maps the answer, envelope included, to what is sent in its place.

    `headers` replace the regular ones; None leaves a header out.
    """

    path: str
    change: Callable[[Any], Any] = _as_it_is
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def hits(self, path: str) -> bool:
        return self.path in ("*", path)

    def changed(self, reply: Reply) -> Reply:
        """Return the answer changed; its headers are those of `changed_headers`."""
        if self.change is _as_it_is:
            return reply
        return Reply(reply.status, json.dumps(self.change(json.loads(reply.body))).encode(), reply.headers)

    def changed_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        merged: dict[str, str | None] = {**headers, **self.headers}
        return {name: value for name, value in merged.items() if value is not None}
