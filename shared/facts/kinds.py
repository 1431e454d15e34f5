"""What replicas tell each other about the key and about CoinGlass, as it stands in the store."""

from typing import Annotated, TypeAlias

import msgspec

from cg_client.decoding.anomalies import AnomalyKind
from cg_client.plans.plan_table import Plan

_MAX_TEXT = 500  # characters
Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=_MAX_TEXT)]
RateLimit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, lt=10**9)]


class AccountFact(msgspec.Struct, frozen=True, tag="account"):
    """The answer of the account endpoint, which is good for `lifetime` seconds, and the limit of the headers."""

    plan: Plan | None
    fails: bool
    lifetime: float
    limit: RateLimit | None

    @property
    def name(self) -> str:
        return "account"


class LimitFact(msgspec.Struct, frozen=True, tag="limit"):
    """Another limit than before in the headers."""

    limit: RateLimit

    @property
    def name(self) -> str:
        return "limit"


class RefusalFact(msgspec.Struct, frozen=True, tag="refusal"):
    """A refusal of CoinGlass; `plan` and `limit` are those of the key at that time."""

    endpoint: Text
    values: tuple[Text, ...]
    days: int | None
    of_interval: bool
    plan: Plan | None
    limit: RateLimit | None

    @property
    def name(self) -> str:
        return "|".join(("refusal", self.endpoint, *self.values))


class CircuitFact(msgspec.Struct, frozen=True, tag="circuit"):
    """The circuit of a group opened, until the fact expires, and will for `next_wait` seconds; or it closed."""

    group: Text
    is_open: bool
    next_wait: float

    @property
    def name(self) -> str:
        return f"circuit|{self.group}"


class DriftFact(msgspec.Struct, frozen=True, tag="drift"):
    """A kind of anomaly that was met for the first time."""

    endpoint: Text
    kind: AnomalyKind
    field: Text

    @property
    def name(self) -> str:
        return f"drift|{self.endpoint}|{self.kind.value}|{self.field}"


Fact: TypeAlias = AccountFact | LimitFact | RefusalFact | CircuitFact | DriftFact
_decoder: msgspec.json.Decoder[Fact] = msgspec.json.Decoder(Fact)


def decode_fact(text: bytes) -> Fact:
    """Read a fact; raises msgspec.DecodeError for what is not one of ours."""
    return _decoder.decode(text)


def encode_fact(fact: Fact) -> bytes:
    return msgspec.json.encode(fact)
