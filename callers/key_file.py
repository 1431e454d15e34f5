"""The file of callers' keys: JSON that the command line replaces atomically and servers read again when it changes.

It has the SHA-256 of each key alone. A key has 256 random bits, so that no slow hash is needed, and finding it by its
digest reveals nothing through the time that it takes.
"""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import structlog

from callers.authentication import Unauthenticated
from callers.caller import Budget, Caller
from cg_client.clock import Clock

log = structlog.get_logger(__name__)

_CHECK_SECONDS: Final = 1.0  # between looks at the file: until then a revoked key is valid
_State: TypeAlias = tuple[int, int, int]


class KeyFileError(Exception):
    """The file cannot be read or written; the message names it."""


class StoredKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key without the key itself. `prefix`: its first characters, which tell the keys of a name apart."""

    name: str
    prefix: str
    sha256: str
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    scopes: tuple[str, ...] = ()
    budget: Budget | None = None


class Keys(msgspec.Struct, frozen=True):
    """The content of the file."""

    keys: tuple[StoredKey, ...] = ()


def read_keys(path: Path) -> Keys:
    """Read the file; raises KeyFileError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} is not a file of keys: {error}") from error


def digest(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


class KeyFile:
    """Verifies keys. If the file becomes unreadable, the keys that were read last stay valid."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Raise KeyFileError if the file cannot be read."""
        self._path, self._clock = path, clock
        self._state: _State | None = _state(path)
        self._fault: str | None = None
        self._read(read_keys(path))

    async def verify(self, key: bytes) -> Caller:
        """Return the caller of a key; raises Unauthenticated."""
        if self._clock.monotonic() >= self._check_at:
            self._check()
        entry = self._keys.get(digest(key))
        if entry is None:
            raise Unauthenticated("This server has no such key. Check that it is complete, or ask for a new one.")
        stored, caller = entry
        if stored.revoked is not None:
            raise Unauthenticated(f"The key {stored.prefix}… was revoked on {stored.revoked:%Y-%m-%d}.")
        if stored.expires is not None and stored.expires <= self._clock.now():
            raise Unauthenticated(f"The key {stored.prefix}… expired at {stored.expires:%Y-%m-%dT%H:%M:%SZ}.")
        return caller

    def reload(self) -> None:
        """Read the file again, whether or not it seems to have changed."""
        self._state = self._fault = None
        if self._check():
            log.info("the file of keys was read again", keys=len(self._keys))

    def _check(self) -> bool:
        """Read the file again if it changed; return whether it can be read."""
        self._check_at = self._clock.monotonic() + _CHECK_SECONDS
        try:
            state = _state(self._path)
            if state != self._state:
                self._read(read_keys(self._path))
                self._state, self._fault = state, None
        except KeyFileError as error:
            if self._fault != (fault := str(error)):  # once, not at each look at the file
                self._fault = fault
                log.warning("the file of keys cannot be read; the keys that were read last stay valid", error=fault)
            return False
        return True

    def _read(self, content: Keys) -> None:
        self._check_at = self._clock.monotonic() + _CHECK_SECONDS
        self._keys = {
            stored.sha256: (stored, Caller(stored.name, stored.budget, frozenset(stored.scopes)))
            for stored in content.keys
        }


def _state(path: Path) -> _State:
    """Return what changes whenever the file is replaced or edited."""
    try:
        status = path.stat()
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    return status.st_ino, status.st_mtime_ns, status.st_size
