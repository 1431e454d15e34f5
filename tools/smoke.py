"""Start an installed server with its sandbox, query it and stop it.

`python -m tools.smoke COMMAND` starts `COMMAND serve --sandbox`, and exits with 1 if no figures are returned or the
server does not end with status 0.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

_LIMIT = 30.0  # seconds for each step, on the slowest machine
_QUERY = '{ coin(symbol: "BTC") { openInterest(interval: D1, last: 1) { ... on OISeries { latest { close } } } } }'
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[None]:
    """Start the command and wait until it states its address; stop it afterwards by SIGTERM."""
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # the caller's
        assert process.stderr  # noqa: S101  # a pipe
        try:
            lines: list[str] = []
            for line in process.stderr:
                lines.append(line)
                if f":{port}/" in line:
                    break
            else:
                raise RuntimeError(f"the server did not start:\n{''.join(lines)}")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.stderr.read()
            status = process.wait(_LIMIT)
    if status:
        raise RuntimeError(f"the server ended with status {status} after SIGTERM, not 0")


def query(port: int) -> float:
    """Return a figure of the sandbox, read from the server on this port."""
    request = urllib.request.Request(  # http on loopback
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": _QUERY}).encode(),
        headers={"content-type": "application/json"},
    )
    with _opener.open(request, timeout=_LIMIT) as response:
        answer = json.load(response)
    return float(answer["data"]["coin"]["openInterest"]["latest"]["close"])


def main() -> None:
    port = free_port()
    command = [*sys.argv[1:], "serve", "--sandbox", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, os.environ, port):
        print(f"open interest of the sandbox: {query(port)}")  # noqa: T201  # a command


if __name__ == "__main__":
    main()
