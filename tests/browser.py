"""Headless Chromium, which opens a page of a separate origin and reports what its script saw."""

import contextlib
import os
import queue
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from tests.running import LIMIT, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
)


_NOWHERE = subprocess.DEVNULL


class Site:
    """The web site of a front end: each of its pages is a script, which posts its report to the site."""

    def __init__(self) -> None:
        self.pages: dict[str, HTMLResponse] = {}
        self.reports: queue.SimpleQueue[Any] = queue.SimpleQueue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response: Response = self.pages.get(request.url.path) or Response(status_code=404)
        if request.method == "POST":
            self.reports.put(orjson.loads(await request.body()))
        await response(scope, receive, send)


class Browser:
    """A browser whose pages are at `origin`."""

    def __init__(self, site: Site, origin: str, profile: Path) -> None:
        self._site, self.origin, self._profile = site, origin, profile

    def run(self, script: str) -> Any:
        """Return what the body of an async function returns in a page of the origin."""
        report = "await fetch('/report', {method: 'POST', body: JSON.stringify(seen ?? null)})"
        guarded = f"try {{ seen = await (async () => {{ {script} }})() }} catch (error) {{ seen = String(error) }}"
        return self.open(f"<!doctype html><script type=module>let seen; {guarded}; {report}</script>", {})

    def open(self, page: str, headers: dict[str, str]) -> Any:
        """Return what a page reports by itself."""
        self._site.pages["/"] = HTMLResponse(page, headers=headers)
        with subprocess.Popen(self._command(f"{self.origin}/"), stdout=_NOWHERE, stderr=_NOWHERE) as process:  # noqa: S603  # our own page
            try:
                return self._site.reports.get(timeout=LIMIT * 2)
            finally:
                process.terminate()
                process.wait(LIMIT)

    def visit(self, address: str) -> str:
        """Return what the browser shows at an address that its user types."""
        command = self._command("--dump-dom", address)
        return subprocess.check_output(command, stderr=_NOWHERE, text=True, timeout=LIMIT * 2)  # noqa: S603  # our own server

    def _command(self, *arguments: str) -> list[str]:
        assert CHROMIUM is not None
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # which root cannot use; the pages are ours
        return [CHROMIUM, *OPTIONS, *sandbox, f"--user-data-dir={self._profile}", *arguments]


@contextlib.contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Serve the pages of a front end on a free port. `profile`: an empty folder for the browser's files."""
    site = Site()
    with running(site) as origin:
        yield Browser(site, origin, profile)
