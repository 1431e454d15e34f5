"""The documented samples as events: one a second on each channel, with its names and that time."""

from collections.abc import Mapping, Sequence

from sandbox.directory import FUTURES, SPOT
from sandbox.live.channels import EventRow, LiveChannel, LiveKind, text_of

_SECOND, _FUNDING = 1000, 8 * 3_600_000
_TRADE: EventRow = {
    "base_asset": "BTC",
    "exchange": "Binance",
    "price": 56738.0,
    "side": 2,
    "symbol": "BTCUSDT",
    "time": 1725416318379,
    "volume_usd": 3858.184,
}
_TICKER: EventRow = {
    "exchange": "Binance",
    "symbol": "BTCUSDT",
    "base_asset": "BTC",
    "price": 62850.45,
    "index_price": 62847.32,
    "volume_usd_24h": 1256789345.67,
    "open_interest": 5293456789.12,
    "open_interest_amount": 4589.12,
    "funding_rate": 0.0001,
    "next_funding_time": "2026-04-29 16:00:00",
    "funding_interval_hours": 8,
    "expiry_date": None,
    "update_time": "2026-04-29 08:20:00",
}
SAMPLES: Mapping[LiveKind, EventRow] = {
    LiveKind.LIQUIDATIONS: _TRADE,
    LiveKind.FUTURES_TRADES: _TRADE,
    LiveKind.SPOT_TRADES: _TRADE,  # documented without a sample
    LiveKind.FUTURES_TICKER: _TICKER,
}


def replayed(channel: LiveChannel, start: int, end: int) -> Sequence[EventRow]:
    """Return the sample for the newest second after `start` up to `end`, if it is not below the channel's minimum."""
    second = end // _SECOND * _SECOND
    row = labelled(channel, second)
    return [row] if second > start and row.get("volume_usd", channel.min_usd) >= channel.min_usd else []


def labelled(channel: LiveChannel, time: int) -> EventRow:
    """Return the channel's sample with its names, at another time."""
    times: EventRow = {"time": time}
    if channel.kind is LiveKind.FUTURES_TICKER:
        times = {"update_time": text_of(time), "next_funding_time": text_of(time - time % _FUNDING + _FUNDING)}
    return {**SAMPLES[channel.kind], **_names(channel), **times}


def _names(channel: LiveChannel) -> dict[str, str]:
    if not channel.exchange:
        return {}
    names = (channel.exchange, channel.symbol)
    base = next(pair.base for pair in (SPOT if channel.is_spot else FUTURES) if (pair.exchange, pair.symbol) == names)
    return {"exchange": channel.exchange, "symbol": channel.symbol, "base_asset": base}
