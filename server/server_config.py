"""uvicorn's configuration, the same for a single process and for each worker."""

from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from server.asgi import MAX_BODY
from server.connection import HTTPConnection
from server.live.subscribers import Subscribers
from server.open_connections import OpenConnections
from server.settings import Settings
from server.socket_connection import SocketConnection

GRACEFUL_SECONDS = 20


def new_connections(settings: Settings) -> OpenConnections:
    return OpenConnections(settings.connection_limits(), subscribers=Subscribers(settings.max_subscriptions))


class ServerConfig(uvicorn.Config):
    """Adds the limits of connections, which uvicorn's protocols find here, and how long the server drains."""

    def __init__(
        self,
        app: ASGIApp | Callable[[], ASGIApp],
        settings: Settings,
        connections: OpenConnections | None = None,
        **options: Any,  # noqa: ANN401  # uvicorn's
    ) -> None:
        """Count in `connections`, whose number the application reports."""
        self.open_connections = new_connections(settings) if connections is None else connections
        self.drain_seconds = settings.drain_seconds
        super().__init__(
            app,
            http=HTTPConnection,
            ws=SocketConnection,
            ws_max_size=MAX_BODY,
            ws_per_message_deflate=False,  # a small message could become a large one
            log_level="error",  # its warnings are about what clients send
            log_config=None,  # what `configure` has set up, which redacts keys
            access_log=False,
            server_header=False,
            proxy_headers=False,  # server/callers.py reads them
            timeout_keep_alive=settings.keep_alive_seconds,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
            **options,
        )
