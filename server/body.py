"""The body of a request, read no further than it may be."""

from starlette.types import Message, Receive

AT_MOST = 1024 * 1024  # bytes
_DIGITS = len(str(AT_MOST))


class TooLarge(Exception):
    pass


async def read(receive: Receive, stated_length: bytes | None) -> bytes | None:
    """The whole body, or None where the client left first. Raises TooLarge, before it reads what is stated so."""
    if stated_length is not None and len(stated_length) >= _DIGITS and _exceeds(stated_length):
        raise TooLarge
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        body = body + part if body else part
        if len(body) > AT_MOST:
            raise TooLarge
    return body


def _exceeds(stated_length: bytes) -> bool:
    return stated_length.isdigit() and float(stated_length) > AT_MOST  # float takes any number of digits


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives `body` once more to one who reads it itself, and then what still comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
