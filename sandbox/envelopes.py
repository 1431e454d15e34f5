"""CoinGlass' envelopes, as captured live; where no body was captured, one with the documented meaning."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SandboxReply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def success(data: Any) -> SandboxReply:  # noqa: ANN401  # JSON
    return SandboxReply(200, json.dumps({"code": "0", "msg": "success", "data": data}).encode())


def failure(code: str, message: str, status: int = 200) -> SandboxReply:
    """Make a failure; nearly every one is HTTP 200 with a code in the body."""
    return SandboxReply(status, json.dumps({"code": code, "msg": message}).encode())


PLAN = failure("401", "Upgrade plan")
INTERVAL = failure("403", "The requested interval is not available for your current API plan.")
KEY_MISSING = failure("400", "API key missing.")
KEY_INVALID = failure("400", "Invalid API key provided")
KEY_REVOKED = failure("401", "Unauthorized")  # not captured; 401 is documented as "no valid key"
PAIR_UNKNOWN = failure(
    "400", "The requested pair does not exist on the exchange. Please check the documentation to view supported pairs."
)
SERVER_ERROR = failure("500", "Server Error")
NOT_FOUND = failure("404", "Endpoint not found. Please refer to the API documentation", 404)
RATE_LIMITED = failure("429", "Too Many Requests", 429)
RATE_LIMITED_IN_BODY = failure("429", "Too Many Requests")
RATE_LIMITED_OLD_CODE = failure("50001", "Too Many Requests")


def parameter_missing(name: str) -> SandboxReply:
    return failure("400", f"Required String parameter '{name}' is not present")
