"""Answers an export: a short file whole, so that it is cached like JSON, and a long one in pieces.

The operation is executed before: whatever fails is known before the first byte, and no file is silently shorter.
"""

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson
import zstandard
from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from cg_client.version import installed_version
from server.cached_response import VARY, Rendering, cache_control
from server.export.formats import FileFormat
from server.export.layout import Layout, layout_of
from server.export.rows import batches
from server.export.slots import ExportSlot
from server.export.writers import FileWriter, new_writer
from server.http import NO_STORE, Header, Request, Response
from server.negotiation import IDENTITY, acceptable_codings

WHOLE: Final = 1024 * 1024  # bytes of a file that is sent, cached and compressed as a whole
_OK, _NOT_MODIFIED = 200, 304
_thread = ThreadPoolExecutor(1, "pyarrow")  # of several threads, each would have buffers of its own


class Tables:
    """What an operation selects as a table; `layout` is None until its document is read.

    `slot`: which it takes if it is large; None for a dry run.
    """

    def __init__(self, slot: ExportSlot | None = None) -> None:
        self._slot = slot
        self.layout: Layout | None = None

    def prepare(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        values: int,
    ) -> None:
        """Raise GraphQLError unless the operation selects one table and there is a slot for it."""
        self.layout = layout_of(schema, operation, fragments, variables)
        if self._slot is not None:
            self._slot.take(values)


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of file."""

    file_format: FileFormat
    layout: Layout

    async def respond(self, request: Request, data: object, seconds: float | None) -> Response:
        """Answer with the file of a result. `seconds`: for which caches may store it; None if they must not.

        Raise Unsupported, before anything is sent, for a value that only the default executor can serialize.
        """
        writer = await new_writer(self.file_format, self.layout.columns)
        pieces, begun = self._pieces(writer, data), bytearray()
        async for piece in pieces:
            begun += piece
            if len(begun) > WHOLE:
                coding = self._coding(request.headers.get(b"accept-encoding"))
                etag = await self._etag(data, coding)
                rendering = Rendering(self._headers(request.scope, seconds, coding, etag), b"", etag)
                return _begin(request, rendering, _compressed(coding, bytes(begun), pieces))
        response = Response.of(bytes(begun), self.file_format.content_type)
        response.headers.append(self._disposition)
        return response

    @property
    def _disposition(self) -> Header:
        return b"content-disposition", f'attachment; filename="{self.layout.name}.{self.file_format.suffix}"'.encode()

    def _coding(self, accept_encoding: bytes | None) -> str:
        codings = acceptable_codings(accept_encoding)
        return IDENTITY if self.file_format.is_compressed or not codings else codings[0]

    def _headers(self, scope: str, seconds: float | None, coding: str, etag: bytes) -> list[Header]:
        caching = NO_STORE if seconds is None or seconds <= 0 else cache_control(scope, seconds)
        headers = [(b"content-type", self.file_format.content_type), self._disposition, caching, (b"vary", VARY)]
        if caching is not NO_STORE:
            headers.append((b"etag", etag))
        return headers if coding == IDENTITY else [*headers, (b"content-encoding", coding.encode())]

    async def _etag(self, data: object, coding: str) -> bytes:
        """Read all values once, which also finds those that cannot be serialized before anything is sent."""
        names = [column.name for column in self.layout.columns]
        digest = hashlib.blake2b(orjson.dumps([installed_version(), self.file_format.name, names]), digest_size=16)
        for batch in batches(self.layout, data):
            digest.update(orjson.dumps(batch))
            await asyncio.sleep(0)
        return f'"{digest.hexdigest()}-{coding}"'.encode()

    async def _pieces(self, writer: FileWriter, data: object) -> AsyncGenerator[bytes, None]:
        """Make each piece when it is asked for, and let other requests have their turn between them."""
        in_thread, loop = self.file_format.needs_pyarrow, asyncio.get_running_loop()
        yield writer.head()
        for batch in batches(self.layout, data):
            await asyncio.sleep(0)
            yield await loop.run_in_executor(_thread, writer.batch, batch) if in_thread else writer.batch(batch)
        yield await loop.run_in_executor(_thread, writer.end) if in_thread else writer.end()


def _begin(request: Request, rendering: Rendering, body: AsyncGenerator[bytes, None]) -> Response:
    """Begin to send a file in pieces, unless the client has it or asks for its headers alone."""
    if_none_match = request.headers.get(b"if-none-match")
    if if_none_match is not None and request.is_get and rendering.matches(if_none_match):
        return Response(_NOT_MODIFIED, b"", rendering.not_modified_headers)
    return Response(_OK, b"", rendering.headers, stream=_no_pieces() if request.method == "HEAD" else body)


async def _no_pieces() -> AsyncGenerator[bytes, None]:
    """Stand for the pieces of a file of which only the headers are sent."""
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


class _Coder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _coder(coding: str) -> _Coder:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=1).compressobj()
    return zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)  # with the header of gzip


async def _compressed(coding: str, begun: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    coder = None if coding == IDENTITY else _coder(coding)
    yield begun if coder is None else coder.compress(begun)
    async for piece in rest:
        if coded := piece if coder is None else coder.compress(piece):
            yield coded
    if coder is not None:
        yield coder.flush()
