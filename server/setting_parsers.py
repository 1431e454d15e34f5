"""Parsers of settings: each takes the text of a variable, and raises ValueError with what a valid one is."""

import base64
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from urllib.parse import unquote, urlsplit

from callers.addresses import Network
from callers.caller import is_caller_name
from cg_client.client_config import BASE_URL, SOCKET_URL
from cg_client.plans.plan_table import Plan
from cg_client.secret import MIN_REDACTED, Secret

AUTO = "auto"
MAX_WEIGHT = 100
MAX_REPLICA_NAME = 64
MIN_ROUTER_SECRET = 32  # characters
CALLER_MODES = ("open", "keys", "jwt")
LOG_LEVELS = ("debug", "info", "warning", "error")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def parse_plan(text: str) -> Plan | None:
    if text.lower() == AUTO:
        return None
    plan = Plan.__members__.get(text.upper())
    if plan is None:
        raise ValueError(f"is one of {AUTO}, {', '.join(member.name.lower() for member in Plan)}")
    return plan


def parse_url(text: str) -> str:
    if not _is_address(text, "http", "https"):
        raise ValueError(f"is an address such as {BASE_URL}")
    return text.rstrip("/")


def parse_socket_url(text: str) -> str:
    if not _is_address(text, "ws", "wss"):
        raise ValueError(f"is an address such as {SOCKET_URL}")
    return text


def _is_address(text: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def without_secrets(url: str) -> str:
    """Return the address without its user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def secrets_of(address: str) -> set[str]:
    """Return what no log may show of an address: user and password, and the values of its query.

    Shorter values, such as `true`, are words of other texts as well.
    """
    parts = urlsplit(address)
    userinfo = parts.netloc.rpartition("@")[0]
    user, _, password = userinfo.partition(":")
    values = (pair.partition("=")[2] for pair in parts.query.split("&"))
    texts = {password or user, *(value for value in values if len(value) >= MIN_REDACTED)}
    credentials = base64.b64encode(unquote(userinfo).encode()).decode() if userinfo else ""
    return {text for secret in (*texts, credentials) for text in (secret, unquote(secret)) if text}


def number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise ValueError(f"is a number from {low:g} to {high:g}")
        return number

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"is a whole number from {low} to {high}")
        return int(text)

    return parse


def parse_weights(text: str) -> Mapping[str, int]:
    pairs = [pair.strip().partition("=") for pair in text.split(",")]
    weights = {client: int(weight) if weight.isdecimal() else 0 for client, _, weight in pairs}
    is_valid = all(is_caller_name(client) and 1 <= weight <= MAX_WEIGHT for client, weight in weights.items())
    if not is_valid or len(weights) < len(pairs):
        raise ValueError(f"is a list such as dashboard=4,reports=2, with each client once and 1 to {MAX_WEIGHT}")
    return weights


def parse_networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("is a list of networks such as 10.0.0.0/8,127.0.0.1") from None


def parse_jwks_url(text: str) -> str:
    """Require TLS except on this machine, and no password, because the address is logged."""
    try:
        parts = urlsplit(text)
        is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        valid = is_secure and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(
            "is an https address without a password, such as https://login.example.com/jwks.json; http is for loopback"
        )
    return text


def parse_caller_mode(text: str) -> str:
    if text.lower() not in CALLER_MODES:
        raise ValueError(f"is one of {', '.join(CALLER_MODES)}")
    return text.lower()


def parse_replica(text: str) -> str:
    if not is_caller_name(text) or len(text) > MAX_REPLICA_NAME:
        raise ValueError(f"is a name of at most {MAX_REPLICA_NAME} characters, such as eu-west-1")
    return text


def parse_switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError("is on or off")
    return text.lower() == "on"


def parse_automatic(text: str) -> bool | None:
    if text.lower() == AUTO:
        return None
    if text.lower() not in ("on", "off"):
        raise ValueError(f"is on, off or {AUTO}")
    return text.lower() == "on"


def parse_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"is one of {', '.join(LOG_LEVELS)}")
    return text.lower()


def parse_router_secret(text: str) -> Secret:
    if len(text) < MIN_ROUTER_SECRET or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(
            f"needs at least {MIN_ROUTER_SECRET} characters, all visible ASCII; `openssl rand -hex 32` prints some"
        )
    return Secret(text)


def parse_key(text: str) -> Secret:
    if not text.isascii() or any(character.isspace() or not character.isprintable() for character in text):
        raise ValueError("contains characters that no key has; is it cut or quoted?")
    return Secret(text)
