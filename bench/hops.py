"""`python -m bench.hops`: how many of our modules and functions one query passes.

Counted with `sys.setprofile` in this process, with the benchmark's upstream in a process of its own, for one
`Pair.fundingRate` whose text and rows are new, and for the same request once its whole answer is cached. Plan and
listing are known before, as they are after start.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import CodeType, FrameType

import orjson
from starlette.types import ASGIApp, Message

from bench.in_process import post
from bench.servers import upstream
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from server.app import create_app
from server.log import configure
from server.settings import Settings

ROOT = Path(__file__).parent.parent
BEFORE = {  # what this script printed on commit 6dbc821
    "cold": "80 modules, 426 functions, 309 switches between modules",
    "cached answer": "10 modules, 19 functions, 15 switches between modules",
}
_NOT_OURS = ("bench", ".venv")
_QUERY = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
  %s(interval: H8, last: 2) { ... on %s { candles { time close } source { endpoint } } } } }"""


class Hops:
    """The functions that ran, by their code, and how often one module called or resumed another."""

    def __init__(self) -> None:
        self.functions: set[CodeType] = set()
        self.switches = 0
        self._module = ""

    @property
    def modules(self) -> list[str]:
        return sorted({code.co_filename for code in self.functions})

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        sys.setprofile(self._record)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _record(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not _is_ours(code.co_filename):
            return
        self.functions.add(code)
        self.switches += code.co_filename != self._module
        self._module = code.co_filename


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] not in _NOT_OURS


async def measure(base_url: str, *, verbose: bool) -> None:
    settings = Settings(api_key=Secret("sandbox"), plan=Plan.ENTERPRISE, base_url=base_url)
    app = create_app(settings, warm=False)
    async with _running(app):
        await _ask(app, _QUERY % ("price", "PriceSeries"))  # the listing
        for label in ("cold", "cached answer"):
            hops = Hops()
            with hops.counted():
                await _ask(app, _QUERY % ("fundingRate", "FundingSeries"))
            _print(label, hops, verbose=verbose)


@contextlib.asynccontextmanager
async def _running(app: ASGIApp) -> AsyncIterator[None]:
    """Yield the application between its start and its shutdown, so that nothing is left open."""
    text: asyncio.Queue[Message] = asyncio.Queue()
    received: asyncio.Queue[Message] = asyncio.Queue()
    living = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, text.get, received.put))
    await text.put({"type": "lifespan.startup"})
    await received.get()
    try:
        yield
    finally:
        await text.put({"type": "lifespan.shutdown"})
        await living


async def _ask(app: ASGIApp, query: str) -> None:
    answer = await post(app, orjson.dumps({"query": query}))
    if b'"candles":[{' not in answer:
        raise RuntimeError(f"No candles came: {answer!r}")


def _print(label: str, hops: Hops, *, verbose: bool) -> None:
    counts = f"{len(hops.modules)} modules, {len(hops.functions)} functions, {hops.switches} switches between modules"
    sys.stdout.write(f"{label}: {counts} (before: {BEFORE[label]})\n")
    if not verbose:
        return
    for module in hops.modules:
        names = sorted(code.co_qualname for code in hops.functions if code.co_filename == module)
        sys.stdout.write(f"  {Path(module).relative_to(ROOT)}: {', '.join(names)}\n")


def main() -> None:
    configure("warning", [])
    with upstream() as source:
        asyncio.run(measure(source.process.url, verbose="--verbose" in sys.argv))


if __name__ == "__main__":
    main()
