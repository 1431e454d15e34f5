"""Counts what changes a client's answers, other than time: its plan, refusals and listings."""


class Revision:
    """`count` only grows."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def bump(self) -> None:
        self.count += 1
