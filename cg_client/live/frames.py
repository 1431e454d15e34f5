"""What a text message of CoinGlass says: a pong, events of a channel, or a refusal."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import msgspec

from cg_client.envelope import stated_refusal
from cg_client.errors import NotFound, PlanRefused, RateLimited, Unauthorized

_AS_A_WORD = r"""(?<![^\s"'\[(,:]){}(?![^\s"'\]),:;.])"""
MAX_QUOTED = 200  # characters of a text in messages
_MAX_TEXT = 1000  # characters of a text that is searched for what it may state
_PONG = re.compile(r'"?pong"?|\{[^{}]*"pong"[^{}]*\}', re.IGNORECASE)
_UNKNOWN = re.compile(
    r"unknown|invalid|unsupported|no such|not (?:be )?(?:found|exist|support|recogni[sz]ed)", re.IGNORECASE
)
_NOT_ACCEPTED = re.compile(
    r"\b(?:invalid|missing|expired|wrong|incorrect|required|not|no)\b|unauthori[sz]ed", re.IGNORECASE
)


class Ground(Enum):
    """Why CoinGlass refuses."""

    PLAN = "plan"
    KEY = "key"
    RATE = "rate"
    UNKNOWN = "unknown"  # no such channel


class Pong:
    """The answer to a ping."""


@dataclass(frozen=True, slots=True)
class ChannelData:
    """Events of the channel with this name."""

    name: str
    rows: msgspec.Raw


@dataclass(frozen=True, slots=True)
class RefusalText:
    """A text that states a refusal. No acknowledgement of a success is documented, and one would be `Other`."""

    ground: Ground
    text: str

    def names(self, candidates: Collection[str]) -> Sequence[str]:
        """Return those of the names that the text has as words of their own."""
        return [name for name in candidates if re.search(_AS_A_WORD.format(re.escape(name)), self.text)]


class Other:
    """Anything else."""


Frame: TypeAlias = Pong | ChannelData | RefusalText | Other


class _ChannelEnvelope(msgspec.Struct, gc=False):
    channel: str | None = None
    data: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_ChannelEnvelope)

_GROUNDS = {PlanRefused: Ground.PLAN, Unauthorized: Ground.KEY, RateLimited: Ground.RATE, NotFound: Ground.UNKNOWN}


def read_frame(text: str) -> Frame:
    try:
        envelope = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _read_text(text)
    if envelope.channel is not None and envelope.data:
        return ChannelData(envelope.channel, envelope.data)
    return _read_text(text)


def _read_text(text: str) -> Frame:
    text = text[:_MAX_TEXT].strip()
    if _PONG.fullmatch(text):
        return Pong()
    stated = stated_refusal(text)
    ground = None if stated is None else _GROUNDS.get(stated)
    if ground is Ground.KEY and not _NOT_ACCEPTED.search(text):
        return Other()  # a greeting may mention the key as well
    if ground is None and _UNKNOWN.search(text):
        ground = Ground.UNKNOWN
    return Other() if ground is None else RefusalText(ground, text)
