"""Answers that differ from the documented ones as live answers did, with the expected result of each."""

from tests.peculiar import funds, indicators, liquidations, lists, orders
from tests.peculiar.answer import NOW, Peculiar

PECULIAR = [*funds.PECULIAR, *liquidations.PECULIAR, *orders.PECULIAR, *indicators.PECULIAR, *lists.PECULIAR]

__all__ = ["NOW", "PECULIAR", "Peculiar"]
