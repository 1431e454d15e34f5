"""One query for each endpoint of the catalogue: the field that it answers, with all that the payload has."""

from tests.cases import core, funds_and_chain
from tests.cases.case import SCHEMA, Case

CASES: dict[str, Case] = {**core.CASES, **funds_and_chain.CASES}

__all__ = ["CASES", "SCHEMA", "Case"]
