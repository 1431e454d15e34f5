"""A sandbox in which an endpoint answers as if CoinGlass had changed it since it was documented."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sandbox.app import Sandbox


def _unchanged(answer: Any) -> Any:
    return answer


@dataclass(frozen=True)
class PlantedDrift:
    """`path` is one endpoint's or `*`. `change` maps the answer, envelope included, to the one that is sent instead.

    `headers` replace the regular ones; None leaves a header out.
    """

    path: str
    change: Callable[[Any], Any] = _unchanged
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def applied(self, body: bytes, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        if self.change is not _unchanged:
            body = json.dumps(self.change(json.loads(body))).encode()
        merged = {**headers, **{name.lower(): value for name, value in self.headers.items()}}
        return body, {name: value for name, value in merged.items() if value is not None}


class DriftingSandbox(Sandbox):
    """A sandbox with planted `drifts`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.drifts: list[PlantedDrift] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        drifts = [drift for drift in self.drifts if drift.path in ("*", scope["path"])]
        if not drifts:
            await super().__call__(scope, receive, send)
            return
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await super().__call__(scope, receive, collect)
        start, content = messages
        headers = {name.decode(): value.decode() for name, value in start["headers"] if name != b"content-length"}
        body = content["body"]
        for drift in drifts:
            body, headers = drift.applied(body, headers)
        await Response(body, start["status"], headers)(scope, receive, send)
