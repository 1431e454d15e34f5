"""Long and short shares of accounts and of positions, in percent."""

from cg_client.endpoint import Endpoint
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import STANDARD_FLOORS


def _history(path: str, summary: str, prefix: str) -> Endpoint:
    return Endpoint(
        path=path,
        summary=summary,
        params=PairSeries,
        interval_floors=STANDARD_FLOORS,
        aliases={
            "long_percent": f"{prefix}_long_percent",
            "short_percent": f"{prefix}_short_percent",
            "ratio": f"{prefix}_long_short_ratio",
        },
    )


GLOBAL_ACCOUNTS = _history(
    "/api/futures/global-long-short-account-ratio/history",
    "Long and short share of all accounts.",
    "global_account",
)
TOP_ACCOUNTS = _history(
    "/api/futures/top-long-short-account-ratio/history",
    "Long and short share of the top traders' accounts.",
    "top_account",
)
TOP_POSITIONS = _history(
    "/api/futures/top-long-short-position-ratio/history",
    "Long and short share of the top traders' positions.",
    "top_position",
)
