"""The command, with a view that never returns for a body with the word `stuck`; its worker processes import this."""

import sys

from server.cli import main
from server.http import Request, Response
from server.view import GraphQLView

handle = GraphQLView.handle


async def stuck_or_handled(view: GraphQLView, request: Request) -> Response:
    while b"stuck" in request.body:
        pass
    return await handle(view, request)


GraphQLView.handle = stuck_or_handled  # type: ignore[method-assign,assignment]  # as the docstring says

if __name__ == "__main__":
    sys.exit(main())
