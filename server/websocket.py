"""GraphQL over WebSocket: text frames, and a context of its own for each operation of a connection."""

from collections.abc import Mapping

from starlette.websockets import WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation

from resolvers.context import Context


class TextFrames(ASGIWebSocketAdapter):
    """The protocol asks for text; bytes out of the encoder would become binary frames."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        encoded = self.view.encode_json(message)
        try:
            await self.ws.send_text(encoded if isinstance(encoded, str) else encoded.decode())
        except WebSocketDisconnect as gone:
            raise WebSocketDisconnected from gone


class OperationContexts(BaseGraphQLTransportWSHandler[Context, None]):
    """A connection outlives its operations: each has loaders and a deadline of its own."""

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        self.context = self.context.renewed()  # read before anything else runs
        await super().run_operation(operation)
