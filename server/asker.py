"""Whose turn at the quota a request takes, from its headers: what they say badly counts as not said."""

from collections.abc import Mapping

from starlette.types import Scope

from cg_client.requester import Priority, Requester
from server.headers import text
from server.request_id import is_plain

CLIENT_ID, PRIORITY = b"x-client-id", b"x-priority"
_BACKFILL = Priority.BACKFILL.name.lower().encode()


def asker(scope: Scope, headers: Mapping[bytes, bytes]) -> Requester:
    """The client is the one that `X-Client-Id` names, else the address that the request comes from."""
    name, address = text(headers.get(CLIENT_ID)), scope.get("client")
    client = name if name is not None and is_plain(name) else (address[0] if address else "")
    return Requester(client, Priority.BACKFILL if headers.get(PRIORITY) == _BACKFILL else Priority.INTERACTIVE)
