"""Whose turn at the quota a request takes, from its headers: what they say badly counts as not said."""

from starlette.requests import HTTPConnection

from cg_client.asker import Asker, Priority
from server.request_id import is_plain

CLIENT_ID, PRIORITY = "x-client-id", "x-priority"


def asker(request: HTTPConnection) -> Asker:
    """The client is the one that `X-Client-Id` names, else the address that the request comes from."""
    named, address = request.headers.get(CLIENT_ID), request.client.host if request.client else ""
    client = named if named is not None and is_plain(named) else address
    is_backfill = request.headers.get(PRIORITY) == Priority.BACKFILL.name.lower()
    return Asker(client, Priority.BACKFILL if is_backfill else Priority.INTERACTIVE)
