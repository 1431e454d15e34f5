"""Creates and revokes keys in the file of keys. Several processes may do so at the same time."""

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from callers.caller import Budget, is_caller_name
from callers.key_file import KeyFileError, Keys, StoredKey, digest, read_keys

if sys.platform != "win32":
    import fcntl

KEY_PREFIX: Final = "cgk_"
_RANDOM_BYTES: Final = 32
_OWNER_ALONE: Final = 0o600
_SHOWN: Final = len(KEY_PREFIX) + 6  # characters of a key that are no secret


class InvalidKeyCommand(Exception):
    """The message states what is wrong and what to write."""


def create_key(  # what a key has
    path: Path,
    name: str,
    now: datetime,
    *,
    lifetime: timedelta | None = None,
    scopes: Sequence[str] = (),
    budget: Budget | None = None,
) -> str:
    """Add a key to the file, and return the key, which is stored nowhere. Raises InvalidKeyCommand and KeyFileError."""
    if not is_caller_name(name):
        raise InvalidKeyCommand(f"a name has 1 to 128 letters, digits and . _ @ : / | + -, unlike {name!r}")
    key = KEY_PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    stored = StoredKey(
        name=name,
        prefix=key[:_SHOWN],
        sha256=digest(key.encode()),
        created=now,
        expires=None if lifetime is None else now + lifetime,
        scopes=tuple(scopes),
        budget=budget,
    )
    with _locked(path):
        content = read_keys(path) if path.exists() else Keys()
        _write(path, Keys((*content.keys, stored)))
    return key


def revoke_keys(path: Path, selector: str, now: datetime) -> list[StoredKey]:
    """Revoke all keys of a name, or the key with a prefix, which may end in `…`, and return them.

    Raises InvalidKeyCommand if there is none that is valid, and KeyFileError.
    """
    with _locked(path):
        keys, names = read_keys(path).keys, (selector, selector.removesuffix("…"))
        revoked = [
            stored for stored in keys if stored.revoked is None and (stored.name == selector or stored.prefix in names)
        ]
        if not revoked:
            raise InvalidKeyCommand(f"no valid key has the name or the prefix {selector!r}; `keys list` shows all")
        _write(path, Keys(tuple(_revoke(stored, now) if stored in revoked else stored for stored in keys)))
    return revoked


def _revoke(stored: StoredKey, now: datetime) -> StoredKey:
    return msgspec.structs.replace(stored, revoked=now)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Exclude other processes that write; the lock is a file beside it, because the file itself is replaced."""
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, _OWNER_ALONE)
    except OSError as error:
        raise KeyFileError(f"cannot write {path}: {error.strerror}") from error
    try:
        if sys.platform != "win32":  # where only the replacement is atomic
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, content: Keys) -> None:
    """Replace the file atomically; only its owner can read it."""
    encoded = msgspec.json.format(msgspec.json.encode(content), indent=2)
    new = path.with_name(path.name + ".new")
    try:
        with os.fdopen(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _OWNER_ALONE), "wb") as file:
            file.write(encoded + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise KeyFileError(f"cannot write {path}: {error.strerror}") from error
