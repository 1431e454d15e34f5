"""One query for each endpoint of the catalogue: the field that it answers, with all that the payload has."""

from tests.cases import core, indicators
from tests.cases.case import SCHEMA, Case

CASES: dict[str, Case] = {**core.CASES, **indicators.CASES}

__all__ = ["CASES", "SCHEMA", "Case"]
