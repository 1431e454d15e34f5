"""One query for each endpoint of the catalogue: the field that it answers, with all that the payload has."""

from tests.cases import core, flows, funds_and_chain, indicators, positions, technical
from tests.cases.case import SCHEMA, Case

CASES: dict[str, Case] = {
    **core.CASES,
    **flows.CASES,
    **funds_and_chain.CASES,
    **indicators.CASES,
    **positions.CASES,
    **technical.CASES,
}

__all__ = ["CASES", "SCHEMA", "Case"]
