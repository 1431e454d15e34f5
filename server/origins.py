"""The origins whose pages may call this server: the value of `COINGLASS_ALLOWED_ORIGINS`."""

import re
from dataclasses import dataclass

ALL = "*"
_PATTERN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<below>\*\.)?(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>\*|[0-9]{1,5}))?",
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}  # a browser leaves them out of `Origin`
_SUBDOMAINS = r"(?:[a-z0-9_-]+\.)+"
_FORMAT = (
    "is `*`, or a list of origins such as https://app.example.com,https://*.example.com,http://localhost:*, "
    "without a path and with `*` only for subdomains or a port"
)


@dataclass(frozen=True)
class Origins:
    """Exact origins and patterns as one regular expression, which matches whole values of `Origin`."""

    regex: str
    allows_all: bool = False

    @classmethod
    def parse(cls, text: str) -> "Origins":
        """Read a list that is separated by commas. Raises ValueError with the format."""
        if text.strip() == ALL:
            return cls(".*", allows_all=True)
        return cls("|".join(_expression(pattern.strip().lower()) for pattern in text.split(",")))

    def allows(self, origin: str) -> bool:
        return re.fullmatch(self.regex, origin) is not None


NO_ORIGINS = Origins("(?!)")  # matches nothing


def _expression(pattern: str) -> str:
    match = _PATTERN.fullmatch(pattern)
    if match is None or (match["below"] and match["host"].startswith("[")):
        raise ValueError(_FORMAT)
    scheme, port = match["scheme"], match["port"]
    host = (_SUBDOMAINS if match["below"] else "") + re.escape(match["host"])
    return f"{re.escape(scheme)}://{host}{_port_expression(scheme, port)}"


def _port_expression(scheme: str, port: str | None) -> str:
    if port == "*":
        return r"(?::[0-9]{1,5})?"
    return "" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}"
