"""What is said of a sandbox's figures, by the name of the figures: on the page, and when the server starts."""

from collections.abc import Mapping
from typing import Final, Protocol

MARKET: Final = "market"
SANDBOX_NOTICES: Final[Mapping[str, str]] = {
    MARKET: "Modelled figures, not a market.",
    "samples": "Documented sample figures, not a market.",
}
_UNNAMED: Final = "Figures of a sandbox, not a market."


class SandboxStatus(Protocol):
    """Whether CoinGlass' answers come from a sandbox, and with which figures."""

    sandbox: bool
    sandbox_figures: bytes


def notice(upstream: SandboxStatus) -> str | None:
    """Return what a reader must know of the figures; None if they are CoinGlass'."""
    if not upstream.sandbox:
        return None
    return SANDBOX_NOTICES.get(upstream.sandbox_figures.decode("latin-1"), _UNNAMED)
