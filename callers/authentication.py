"""What verifying a credential can end with besides a caller. The messages are for the client."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from callers.caller import Caller


class Unauthenticated(Exception):
    """The credential is missing, or is not valid."""


class MissingCredentials(Unauthenticated):
    """The request has no credential."""


class VerificationUnavailable(Exception):
    """The credential cannot be verified at present, because the issuer's keys are missing."""


Verify: TypeAlias = Callable[[bytes], Awaitable[Caller]]
"""Returns the caller of a credential. Raises Unauthenticated and VerificationUnavailable."""
