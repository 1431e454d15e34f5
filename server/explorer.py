"""The page in which a browser explores the graph: GraphiQL, as Strawberry has it."""

from strawberry.http.ides import get_graphql_ide_html

from cg_client.client import Client
from server.http import Response
from server.page_headers import explorer_headers
from server.sandbox_notice import notice

_HTML = b"text/html; charset=utf-8"
_BANNER = (
    '<div role="alert" style="background:#b45309;color:#fff;font:600 14px system-ui;padding:8px 16px">'
    "{} Set COINGLASS_API_KEY for real ones.</div>"
)


class Explorer:
    """Says whether its figures are those of a sandbox, which is known once the client has an answer."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._page = get_graphql_ide_html(graphql_ide="graphiql")

    def page(self) -> Response:
        page = self._page
        text = notice(self._client)
        if text is not None:
            page = page.replace("<body>", f"<body>{_BANNER.format(text)}", 1)
        response = Response.of(page.encode(), _HTML)
        response.headers += [(name.encode(), value.encode()) for name, value in explorer_headers(page).items()]
        response.upstream_calls = 0
        return response
