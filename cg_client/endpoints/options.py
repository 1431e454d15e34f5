"""Options: open interest, volume and max pain."""

from datetime import timedelta

from cg_client.decoding.shapes import ParallelLists
from cg_client.endpoint import Endpoint
from cg_client.params.core import CoinParams
from cg_client.params.positions import OptionsOpenInterest, OptionsVenue, OptionsVolume

INFO = Endpoint(
    path="/api/option/info",
    summary="Open interest and volume of a coin's options on each exchange.",
    params=CoinParams,
    refresh=timedelta(seconds=30),
    aliases={
        "exchange": "exchange_name",
        "quantity": "open_interest",
        "usd": "open_interest_usd",
        "share_percent": "oi_market_share",
        "change_percent_24h": "open_interest_change_24h",  # a percentage, despite its name
    },
)
OPEN_INTEREST_HISTORY = Endpoint(
    path="/api/option/exchange-oi-history",
    summary="Open interest of a coin's options over time, by exchange.",
    params=OptionsOpenInterest,
    shape=ParallelLists(),
)
VOLUME_HISTORY = Endpoint(
    path="/api/option/exchange-vol-history",
    summary="Volume of a coin's options over time, by exchange.",
    params=OptionsVolume,
    shape=ParallelLists(),
)
MAX_PAIN = Endpoint(
    path="/api/option/max-pain",
    summary="Max pain and open interest of a coin's options by expiry.",
    params=OptionsVenue,
    refresh=timedelta(minutes=1),
    aliases={"expiry": "date"},
)
