"""Values of parameters that CoinGlass restricts to a list."""

from enum import Enum


class Range(Enum):
    """Period that a liquidation heatmap covers."""

    H12 = "12h"
    H24 = "24h"
    D3 = "3d"
    D7 = "7d"
    D30 = "30d"
    D90 = "90d"
    D180 = "180d"
    Y1 = "1y"


class MapRange(Enum):
    """Period that a liquidation map covers."""

    D1 = "1d"
    D7 = "7d"
    D30 = "30d"


class LiquidationRange(Enum):
    """Period that liquidation totals cover."""

    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    H24 = "24h"


class TakerRange(Enum):
    """Period that taker volume totals cover."""

    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    H24 = "24h"


class OptionsRange(Enum):
    """Period that the history of options open interest covers."""

    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    ALL = "all"


class Unit(Enum):
    """What the figures of a series are stated in."""

    USD = "usd"
    COIN = "coin"


class SeriesType(Enum):
    """Price of a candle that an indicator is computed from."""

    OPEN = "open"
    HIGH = "high"
    LOW = "low"
    CLOSE = "close"


class FundingRange(Enum):
    """Period over which fundings are added up."""

    D1 = "1d"
    D7 = "7d"
    D30 = "30d"
    D365 = "365d"


class MaxPainRange(Enum):
    """Period of the positions behind liquidation max pain."""

    H12 = "12h"
    H24 = "24h"
    H48 = "48h"
    D3 = "3d"
    D7 = "7d"
    D14 = "14d"
    D30 = "30d"


class OpenInterestRange(Enum):
    """Period that the history of open interest by exchange covers."""

    M1 = "1m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    ALL = "all"


class LargeOrderState(Enum):
    """What became of a large order, by upstream's codes."""

    OPEN = "1"
    FINISHED = "2"
    REVOKED = "3"


class WalletTag(Enum):
    """Tag of wallets on Hyperliquid: the first eight by the size of their positions, the others by profit or loss."""

    SHRIMP = "Shrimp"
    FISH = "Fish"
    DOLPHIN = "Dolphin"
    APEX_PREDATOR = "Apex_Predator"
    SMALL_WHALE = "Small_Whale"
    WHALE = "Whale"
    TIDAL_WHALE = "Tidal_Whale"
    LEVIATHAN = "Leviathan"
    MONEY_PRINTER = "Money_Printer"
    SMART_MONEY = "Smart_Money"
    GRINDER = "Grinder"
    HUMBLE_EARNER = "Humble_Earner"
    EXIT_LIQUIDITY = "Exit_Liquidity"
    SEMI_REKT = "Semi_Rekt"
    FULL_REKT = "Full_Rekt"
    GIGA_REKT = "Giga_Rekt"


class BorrowVenue(Enum):
    """Exchanges whose interest on borrowed coins is followed."""

    BINANCE = "Binance"
    OKX = "OKX"
    BYBIT = "Bybit"


class FundRange(Enum):
    """Period that the prices of a fund cover."""

    D1 = "1d"
    D7 = "7d"
    ALL = "all"


class EconomicCalendarLanguage(Enum):
    """Language of the economic calendar."""

    EN = "en"
    ZH = "zh"


class CryptoArticleLanguage(Enum):
    """Language of articles."""

    EN = "en"
    ZH = "zh"
    ZH_TW = "zh-tw"


class NewsflashLanguage(Enum):
    """Language of newsflashes."""

    ZH = "zh"
    ZH_TW = "zh-tw"
