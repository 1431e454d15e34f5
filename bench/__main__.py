"""`make bench`: the server and its sandbox on real sockets, driven by one client; ratios of one run.

Prints, for a few queries, what an answer costs when nothing is cached and when everything is, beside the floor: the
same bytes out of a bare ASGI application on the same uvicorn.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import orjson
from starlette.types import Receive, Scope, Send

from tests.running import running

ROUNDS = 200
PAIR = 'pair(exchange: "Binance", symbol: "BTCUSDT")'
TWENTY = [
    (venue, coin) for venue in ("Binance", "OKX", "Bybit", "Gate") for coin in ("BTC", "ETH", "SOL", "XRP", "ADA")
]
QUERIES = {
    "one point": f"{PAIR} {{ fundingRate(interval: H4, last: 1) {{ ... on FundingSeries {{ latest {{ close }} }} }} }}",
    "1000 candles x 5": f"{PAIR} {{ price(interval: H1, last: 1000) "
    "{ ... on PriceSeries { candles { time open high low close } } } }",
    "columns 1000 x 5": f"{PAIR} {{ price(interval: H1, last: 1000) "
    "{ ... on PriceSeries { columns { timestamp open high low close } } } }",
    "20 pairs x 24": " ".join(
        f'p{index}: pair(exchange: "{exchange}", symbol: "{coin}/USDT") {{ price(interval: H1, last: 24) '
        "{ ... on PriceSeries { candles { time close } } } }"
        for index, (exchange, coin) in enumerate(TWENTY)
    ),
}


@contextmanager
def served() -> Iterator[str]:
    """A server of its own process over the sandbox."""
    command = [sys.executable, "-m", "server", "serve", "--sandbox", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own module
        assert process.stderr is not None  # noqa: S101  # it is a pipe
        try:
            yield next(line.split(" at ")[1].split("/ ")[0] for line in process.stderr if " serves " in line)
        finally:
            process.terminate()


def milliseconds(call: Callable[[], object], rounds: int) -> float:
    """The median of so many rounds."""
    return statistics.median(_once(call) for _ in range(rounds))


def _once(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def floor(body: bytes) -> float:
    """The same bytes from a bare application on the same server."""

    async def bare(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    with running(bare) as address, httpx.Client(base_url=address) as http:
        return milliseconds(lambda: http.post("/", content=b"{}"), ROUNDS)


def measured(name: str, query: str) -> str:
    """A row of the table, from a server that has just started."""
    payload = orjson.dumps({"query": f"{{ {query} }}"})
    with served() as address, httpx.Client(base_url=address, timeout=60) as http:
        http.headers["content-type"] = "application/json"
        http.get("/healthz")

        def ask() -> httpx.Response:
            return http.post("/graphql", content=payload)

        cold = _once(ask)
        body = ask().content
        cached = milliseconds(ask, ROUNDS)
        bottom = floor(body)
    return f"{name:<18}{len(body):>9}{bottom:>9.2f}{cold:>9.1f}{cached:>9.2f}{cached / bottom:>9.1f}"


def main() -> None:
    sys.stdout.write("Median milliseconds of one client; the ratio is cached to floor.\n")
    sys.stdout.write(f"{'query':<18}{'bytes':>9}{'floor':>9}{'cold':>9}{'cached':>9}{'ratio':>9}\n")
    for name, query in QUERIES.items():
        sys.stdout.write(measured(name, query) + "\n")


if __name__ == "__main__":
    main()
