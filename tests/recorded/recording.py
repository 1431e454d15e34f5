"""Recorded answers, and the queries that replay them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from cg_client.catalogue import CATALOGUE
from cg_client.endpoint import Endpoint
from tests.cases import SCHEMA, Case
from tests.clock import FakeClock
from tests.selection import everything, payload_of
from tests.upstream import StubUpstream
from tests.upstream import field as answered

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "recorded"  # beside the repository
SOURCE = "source { anomalies { kind field count sample } }"
Bodies: TypeAlias = Mapping[str, Any]

# The body is that of the path which took the place of the recorded one.
NEWER = {
    "/api/futures/taker-buy-sell-volume/history": "/api/futures/v2/taker-buy-sell-volume/history",
    "/api/spot/orderbook/large-limit-order-history": "/api/spot/orderbook/v2/large-limit-order-history",
}


@dataclass(frozen=True)
class Recording:
    """One recorded answer; `now` is the end of the day on which it was recorded."""

    name: str
    path: str
    data: Any
    body: Any
    now: datetime

    @classmethod
    def of(cls, file: Path) -> "Recording":
        text = json.loads(file.read_text())
        day = datetime.fromisoformat(text["recorded_on"]).replace(tzinfo=UTC)
        path = NEWER.get(text["path"], text["path"])
        return cls(file.stem, path, text["body"]["data"], text["body"], day + timedelta(hours=24, seconds=-1))

    @property
    def endpoint(self) -> Endpoint:
        return CATALOGUE[self.path]

    @property
    def now_ms(self) -> float:
        return self.now.timestamp() * 1000


Compare: TypeAlias = Callable[[Any, Recording, type], None]


@dataclass(frozen=True)
class ReplayQuery:
    """A query that the recording answers, how the answer is compared, and the other bodies that it takes."""

    case: Case
    compare: Compare
    bodies: Bodies = field(default_factory=dict)

    @property
    def payload(self) -> type:
        assert self.case.union is not None
        definition = payload_of(SCHEMA._schema, self.case.union).extensions["strawberry-definition"]
        origin: type = definition.origin
        return origin

    def text(self) -> str:
        assert self.case.union is not None
        head = f"... on {payload_of(SCHEMA._schema, self.case.union).name} {{"
        return self.case.query.replace(
            "{}", everything(SCHEMA._schema, self.case.union).replace(head, f"{head} {SOURCE}")
        )

    async def answer(self, recording: Recording) -> Any:
        bodies = {recording.path: recording.body, **self.bodies}
        return await answered(self.text(), StubUpstream(bodies, clock=FakeClock(recording.now)))
