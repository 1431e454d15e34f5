"""Headless Chromium by its DevTools protocol: pages of the real server, with all outside this machine blocked."""

import base64
import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from websockets.sync.client import ClientConnection, connect

from tests.browser import CHROMIUM, OPTIONS
from tests.running import LIMIT

_LOOPBACK = ("127.0.0.1", "localhost")
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_HARMLESS = ("data:", "blob:")
_VIOLATIONS = """
window.violations = [];
addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective + ' ' + event.blockedURI));
"""
_UNTIL = """new Promise((resolve, reject) => {{
  const started = performance.now();
  const look = () => {{
    let value;
    try {{ value = ({condition}); }} catch (error) {{ value = null; }}
    if (value) resolve();
    else if (performance.now() - started > {limit}) reject(new Error('not within the limit: ' + {text}));
    else setTimeout(look, 25);
  }};
  look();
}})"""


class PageError(AssertionError):
    """A script that the test runs in a page fails."""


class Chromium:
    """A browser process and the connection to it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._count = socket, 0
        self._tabs: dict[str, Tab] = {}

    def send(self, method: str, session: str | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come first go to their tabs."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        self._socket.send(orjson.dumps(message if session is None else message | {"sessionId": session}).decode())
        while True:
            received = orjson.loads(self._socket.recv(timeout=LIMIT * 2))
            if received.get("id") == self._count:
                if "error" in received:
                    raise PageError(f"{method}: {received['error']}")
                result: dict[str, Any] = received["result"]
                return result
            tab = self._tabs.get(received.get("sessionId", ""))
            if tab is not None and "method" in received:
                tab.notice(received["method"], received["params"])

    @contextlib.contextmanager
    def tab(self, width: int = 1280, height: int = 800, *, dark: bool = False) -> Iterator["Tab"]:
        """Open a tab with a storage of its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        tab.prepare(width, height, dark=dark)
        try:
            yield tab
        finally:
            del self._tabs[session]
            self.send("Target.disposeBrowserContext", browserContextId=context)


class Tab:
    """A tab, what it requested, and what it complained about."""

    def __init__(self, chromium: Chromium, session: str) -> None:
        self._chromium, self._session = chromium, session
        self.requested: list[str] = []
        self.complaints: list[str] = []

    def prepare(self, width: int, height: int, *, dark: bool) -> None:
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.addScriptToEvaluateOnNewDocument", source=_VIOLATIONS)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._chromium.send(method, self._session, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def notice(self, method: str, parameters: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "warning", "assert"):
                self.complaints.append(str(parameters["args"]))
            case "Log.entryAdded" if parameters["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def run(self, expression: str) -> Any:
        """Return the value of an expression, or of the promise that it is."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise PageError(result["exceptionDetails"].get("exception", {}).get("description", result))
        return result["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until an expression is true."""
        text = orjson.dumps(condition).decode()
        self.run(_UNTIL.format(condition=condition, limit=LIMIT * 1000, text=text))

    def click(self, selector: str, text: str = "") -> None:
        """Click the first element of a selector that contains the text, once there is one."""
        element = f"[...document.querySelectorAll({selector!r})].find(e => e.textContent.includes({text!r}))"
        self.until(f"(element => element && (element.click(), true))({element})")

    def press(self, key: str, code: int, modifiers: int = 0) -> None:
        event = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.send("Input.dispatchKeyEvent", type="rawKeyDown", **event)
        self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    def screenshot(self) -> bytes:
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def check(self) -> None:
        """Assert that the page complained of nothing, and that everything came from this machine."""
        assert [url for url in self.requested if not _is_local(url)] == []
        assert self.run("window.violations") == []
        assert self.complaints == [], self.complaints

    def accessibility_faults(self, axe: Path) -> list[str]:
        """Return what axe-core takes for serious, with the elements."""
        self.run(f"{axe.read_text(encoding='utf-8')};0")
        violations = self.run("axe.run(document).then(found => found.violations)")
        return [
            f"{violation['id']}: {[node['target'] for node in violation['nodes']]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
        ]


def _is_local(url: str) -> bool:
    return url.startswith(_HARMLESS) or urlsplit(url).hostname in _LOOPBACK


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Start a browser. `profile`: an empty folder for its files."""
    assert CHROMIUM is not None
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # which root cannot use; the pages are ours
    command = [CHROMIUM, *OPTIONS, *sandbox, _OFFLINE, f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # a browser
        try:
            assert process.stderr is not None
            lines = (re.search(r"ws://\S+", line) for line in process.stderr)
            address = next(match.group() for match in lines if match)
            with connect(address, max_size=None, compression=None) as socket:
                yield Chromium(socket)
        finally:
            process.terminate()
            process.wait(LIMIT)
