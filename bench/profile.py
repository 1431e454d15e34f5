"""`python -m bench.profile Q3`: where our server spends its time on a query whose rows are cached.

In one process, without sockets: the application is called as uvicorn calls it, and the upstream as httpx would be. What
uvicorn and the kernel take comes on top; cProfile makes Python's calls look dearer than C's loops.
"""

import asyncio
import cProfile
import pstats
import sys
import time
from typing import Any

import httpx

from bench.in_process import post
from bench.queries import repeated
from bench.upstream import FastSandbox
from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import KEY
from server.app import create_app
from server.log import configure
from server.settings import Settings
from server.startup import tune_gc

REQUESTS = 2000
SHOWN = 40
_STAGES = (
    ("the response cache", "response_cache.py", "__call__"),
    ("the application behind it", "response_cache.py", "_capture"),
    ("request log", "log.py", "__call__"),
    ("HTTP to operation and back", "view.py", "handle"),
    ("the operation", "planned_schema.py", "execute"),
    ("resolvers with their calls", "resolver_calls.py", "__call__"),
    ("completion of payloads", "column_selection.py", "row"),
    ("lists as bytes", "fragment_cache.py", "whole"),
)


def main() -> None:
    configure("warning", [])
    asyncio.run(profile(sys.argv[1] if len(sys.argv) > 1 else "Q3"))


async def profile(query: str) -> None:
    settings = Settings(
        api_key=Secret(KEY), plan=Plan.ENTERPRISE, base_url="http://upstream", response_cache_megabytes=0
    )
    _replace_transport()
    served, body = create_app(settings, warm=False), repeated(query).body(0)
    tune_gc()
    size = len(await post(served, body))
    started = time.process_time()
    for _ in range(REQUESTS):
        await post(served, body)
    alone = (time.process_time() - started) / REQUESTS * 1e6
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(REQUESTS):
        await post(served, body)
    profiler.disable()
    sys.stdout.write(f"{query}: {alone:.0f} us of CPU a request without the profiler, {size} bytes\n\n")
    _show(pstats.Stats(profiler))


def _replace_transport() -> None:
    """Put the benchmark's upstream, in this process, in the place of the HTTP transport."""
    original_init, upstream = Client.__init__, FastSandbox()

    async def answer(request: httpx.Request) -> httpx.Response:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        status, stated, body = await upstream.sent(request.url.raw_path, headers)
        return httpx.Response(status, headers=stated, content=body)

    def init(self: Client, config: ClientConfig, **options: Any) -> None:  # noqa: ANN401  # Client's
        transport = options.pop("transport", httpx.MockTransport(answer))  # the self-check passes a transport
        original_init(self, config, transport=transport, **options)

    Client.__init__ = init  # type: ignore[method-assign]  # for this process alone


def _show(stats: pstats.Stats) -> None:
    total: float = stats.total_tt  # type: ignore[attr-defined]  # typeshed leaves it out
    result: dict[Any, Any] = stats.stats  # type: ignore[attr-defined]  # as above
    for name, file, function in _STAGES:
        spent = max(
            (item[3] for index, item in result.items() if index[0].endswith(file) and index[2] == function), default=0
        )
        sys.stdout.write(f"{spent / total:6.1%}  {name}\n")
    sys.stdout.write("\n")
    stats.strip_dirs().sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main()
