"""A row of the table of bounds."""

from typing import NamedTuple


class Bound(NamedTuple):
    what: str
    bound: str
    measured: str
    holds: bool
