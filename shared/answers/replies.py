"""Replies of the scripts."""

import msgspec


class BegunReply(msgspec.Struct, array_like=True, frozen=True):
    """Of `answers_begin.lua`; all times are milliseconds from now."""

    state: bytes
    token: int
    left: int
    failure: bytes
    value: bytes | None
    answer_token: int
    age: int
    fresh: int
    grace: int
    usable: int


class FinishedReply(msgspec.Struct, array_like=True, frozen=True):
    """Of `answers_finish.lua`."""

    is_stored: int
    total: int
