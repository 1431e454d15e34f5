"""`python -m bench.listen MODULE:APP` serves an application on a free port, as our own server is served.

Says where on standard error, and ends when its standard input does, so that it cannot outlive the benchmark.
"""

import socket
import sys
import threading

import uvicorn


def main() -> None:
    app = sys.argv[1]
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", log_level="warning", access_log=False)
    config.timeout_graceful_shutdown = 2
    server = uvicorn.Server(config)
    threading.Thread(target=_stop_with_input, args=[server], daemon=True).start()
    sys.stderr.write(f"{app} serves at http://127.0.0.1:{listener.getsockname()[1]}/\n")
    server.run([listener])


def _stop_with_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
