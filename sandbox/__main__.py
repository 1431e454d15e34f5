"""Runs a sandbox: `python -m sandbox --port 8001 --plan hobbyist`.

Prints its address as the first line. With `--tied` it ends when its standard input does, so that it cannot outlive the
server that started it.
"""

import argparse
import contextlib
import os
import socket
import sys
import threading

import uvicorn

from cg_client.plans.plan_table import Plan
from sandbox.app import KEY, Sandbox, create_sandbox, sandboxes_by_plan
from sandbox.figures import BY_NAME, MARKET


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="CoinGlass v4 with modelled or documented figures."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--plan", choices=[plan.name.lower() for plan in Plan], default="professional")
    parser.add_argument("--quota", type=int, help="requests a minute; by default those of the plan")
    parser.add_argument("--key", default=KEY, help="the key to accept")
    parser.add_argument("--figures", choices=[*BY_NAME], default=MARKET.name, help="modelled, or as documented")
    parser.add_argument("--tied", action="store_true", help="end when standard input ends")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    figures = BY_NAME[options.figures]
    sandbox = Sandbox(Plan[options.plan.upper()], key=options.key, quota=options.quota, figures=figures)
    config = uvicorn.Config(
        create_sandbox(sandbox, *sandboxes_by_plan(figures)),
        log_level="warning",
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server((options.host, options.port))
    print(f"http://{options.host}:{listener.getsockname()[1]}", flush=True)  # noqa: T201  # for the program that started this one
    if options.tied:
        threading.Thread(target=_stop_with_input, args=[server], daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.run([listener])  # on uvloop, which sends small answers at once; plain asyncio waits 40 ms for the peer


def _stop_with_input(server: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not through `sys.stdin`, whose lock this thread would hold at the end
        pass
    server.should_exit = True


if __name__ == "__main__":
    main()
