"""Counts what changes the answers of a client other than time: its plan, what it was refused, its listings."""


class Revision:
    """`count` never comes back to a value that it had."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def bump(self) -> None:
        self.count += 1
