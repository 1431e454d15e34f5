"""Positions on the modelled Hyperliquid: who holds what, since when, at which entry and with which liquidation price.

A coin has a fixed number of slots. A slot opens a position, closes it some time later, stays empty for a while and
starts over, each with a period of its own. So a position is a function of coin, slot and time, an alert is the start or
the end of one, and what a wallet holds is what the lists show of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cg_client.windows import floor
from sandbox.market.levels import chosen, open_interest
from sandbox.market.noise import draw, hashed
from sandbox.market.path import DAY, HOUR, MINUTE
from sandbox.market.prices import price
from sandbox.market.universe import pairs_of_coin

WHALE_USD = 1_000_000
COINS = ("BTC", "ETH", "SOL", "XRP", "HYPE", "DOGE", "SUI", "BNB", "AVAX", "LINK", "AAVE", "ENA")
_SLOTS = {"BTC": 160, "ETH": 140, "SOL": 80}
_FEWER_SLOTS = 30
_LARGEST = 6  # coins that a wallet holds which the lists do not show
_LARGEST_SIZE = 1.8  # of a position relative to its slot's usual share
_SHARE_OF_SLOTS = 0.7  # share of the open interest that the slots make up
_WALLETS = 500
_LEVERAGES = (2, 3, 5, 5, 10, 10, 15, 20, 25, 40)
_LONGS, _CROSS = 0.52, 0.7  # of the positions
_MAINTENANCE = 0.9  # share of the margin that is lost at liquidation
_FUNDING_PER_HOUR = 0.0000125


@dataclass(frozen=True, slots=True)
class ModelledPosition:
    """A position while it is open, from `created` to `closed`; the size is signed and in coins."""

    user: str
    coin: str
    size: float
    entry: float
    liquidation: float
    leverage: int
    is_cross: bool
    created: int
    closed: int

    def value_usd(self, mark: float) -> float:
        return round(abs(self.size) * mark, 4)

    def margin_usd(self, mark: float) -> float:
        return round(self.value_usd(mark) / self.leverage, 4)

    def profit_usd(self, mark: float) -> float:
        return round(self.size * (mark - self.entry), 4)

    def funding_usd(self, time: int) -> float:
        """Return the funding received, negative when paid, since it was opened."""
        hours = (time - self.created) // HOUR
        return round(-self.size * self.entry * _FUNDING_PER_HOUR * hours, 4) + 0.0  # and not -0.0

    def survives(self, mark: float) -> bool:
        """Whether the mark price has not passed the liquidation price."""
        return mark > self.liquidation if self.size > 0 else mark < self.liquidation


def _address(number: int) -> str:
    return "0x" + draw("hyperliquid/wallet", number).hex()[:40]


def hyperliquid_usd(coin: str, time: int) -> float:
    """Return the open interest in a coin, in US dollars."""
    return open_interest(chosen(pairs_of_coin(coin), "Hyperliquid"), time)


@lru_cache(maxsize=1)
def wallets() -> dict[str, int]:
    """Return the numbers of the wallets that hold the slots' positions, by address."""
    return {_address(number): number for number in range(_WALLETS)}


@lru_cache(maxsize=64)
def open_positions(coin: str, minute: int) -> tuple[ModelledPosition, ...]:
    """Return the positions in a coin at the start of a minute, the largest first."""
    time = minute * MINUTE
    mark = price(coin, time)
    positions = (_at(coin, slot, time) for slot in range(_slots(coin)))
    alive = [
        position for position in positions if position.created <= time < position.closed and position.survives(mark)
    ]
    return tuple(sorted(alive, key=lambda position: -abs(position.size)))


def of_wallet(user: str, time: int) -> list[ModelledPosition]:
    """Return the positions of a wallet; one that the lists do not show has some in three of the coins."""
    minute = time // MINUTE
    if user in wallets():
        return [position for coin in COINS for position in open_positions(coin, minute) if position.user == user]
    first = int(hashed(f"{user}/coins") * _LARGEST)
    coins = [COINS[(first + offset) % _LARGEST] for offset in range(3)]
    midnight = time - time % DAY
    positions = [_opened(f"{user}/{coin}", user, coin, _SHARE_OF_SLOTS / 60, midnight, 2 * DAY) for coin in coins]
    return [position for position in positions if position.survives(price(position.coin, time))]


def recent_events(coin: str, since: int, now: int, least_usd: float) -> Iterator[tuple[int, ModelledPosition, bool]]:
    """Return when positions were opened or closed, the position, and whether it was opened.

    Slots whose positions cannot be worth `least_usd` are left out.
    """
    for slot in range(_slots(coin)):
        if _weight(coin, slot) * hyperliquid_usd(coin, now) * _LARGEST_SIZE < least_usd:
            return
        time = now
        while time > since:
            position = _at(coin, slot, time)
            if since < position.closed <= now:
                yield position.closed, position, False
            if since < position.created <= now:
                yield position.created, position, True
            time = position.created - 1


def _slots(coin: str) -> int:
    return _SLOTS.get(coin, _FEWER_SLOTS)


@lru_cache(maxsize=1024)
def _weight(coin: str, slot: int) -> float:
    """Return the slot's share of the coin's open interest; few slots hold most of it."""
    count = _slots(coin)
    return _SHARE_OF_SLOTS / (slot + 4) / sum(1 / (other + 4) for other in range(count))


def _at(coin: str, slot: int, time: int) -> ModelledPosition:
    """Return the position that the slot opened last."""
    key = f"hyperliquid/{coin}/{slot}"
    length = int(6 * 2 ** int(hashed(f"{key}/length") * 8)) * HOUR
    phase = int(hashed(f"{key}/phase") * length) // MINUTE * MINUTE
    number = (time + phase) // length
    created = number * length - phase
    user = _address(int(hashed(f"{key}/user", number) * _WALLETS))
    return _opened(key, user, coin, _weight(coin, slot), created, length)


def _opened(key: str, user: str, coin: str, weight: float, created: int, length: int) -> ModelledPosition:
    entry = price(coin, created)
    usd = weight * hyperliquid_usd(coin, floor(created, DAY)) * (0.6 + 0.8 * hashed(f"{key}/size", created))
    is_long = hashed(f"{key}/side", created) < _LONGS
    leverage = _LEVERAGES[int(hashed(f"{key}/leverage", created) * len(_LEVERAGES))]
    is_cross = hashed(f"{key}/mode", created) < _CROSS
    distance = _MAINTENANCE / leverage + (0.1 + 0.4 * hashed(f"{key}/cushion", created) if is_cross else 0.0)
    liquidation = entry * (1 - min(distance, 0.95)) if is_long else entry * (1 + distance)
    closed = created + int(length * (0.6 + 0.35 * hashed(f"{key}/closed", created))) // MINUTE * MINUTE
    size = _significant(usd / entry if is_long else -usd / entry)
    return ModelledPosition(user, coin, size, entry, _significant(liquidation), leverage, is_cross, created, closed)


def _significant(figure: float) -> float:
    """Return the figure with eight significant digits."""
    return float(f"{figure:.8g}")
