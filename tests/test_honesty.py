"""No figure is invented: where randomness is allowed, and which figures the sandbox may answer."""

import re

from cg_client.catalogue import CATALOGUE
from cg_client.plans.plan_table import Plan
from sandbox.replay import replay
from sandbox.samples import file_name, sample
from tests.test_imports import MODULES, ROOT
from tests.test_samples import scalars

CHANCE = re.compile(r"\b(random|uuid|numpy|faker|gauss|uniform|randint)\b|\b(import|from) secrets\b")
MAY = {
    "callers/key_commands.py": "the keys of callers",
    "cg_client/live/socket.py": "jitter of a wait",
    "cg_client/resilience/retry.py": "jitter of a wait",
    "sandbox/faults.py": "which requests a fault hits, the same for the same seed",
    "live/feed.py": "what tells the cursors of one feed from those of another",
    "server/http.py": "the id of a request",
    "server/client_pool.py": "the key of a hash",
    "server/serve.py": "the key of the sandbox that the command starts",
    "shared/budgets/ledger.py": "what tells the statements of one process from those of another",
    "shared/facts/shared_facts.py": "what tells the facts of one process from those of another",
    "shared/quota/contact.py": "what tells one start of a replica from another",
    "shared/streams/shared_socket.py": "what tells one start of a replica from another",
    "shared/store/store.py": "jitter of a wait",
}


def test_answers_are_computed_without_randomness() -> None:
    code = {path: re.sub(r'""".*?"""', "", source, flags=re.DOTALL) for path, source in MODULES.items()}
    assert {path for path, source in code.items() if CHANCE.search(source)} - MAY.keys() == set()


def test_every_endpoint_has_its_documented_sample() -> None:
    files = {path.name for path in (ROOT / "sandbox" / "samples").iterdir()}
    assert files == {file_name(path) for path in CATALOGUE}


QUERY = {
    "exchange": "Binance",
    "ticker": "GBTC",
    "symbol": "BTC",
    "interval": "1d",
    "limit": "5",
    "range": "24h",
    "unit": "USD",
    "exchange_list": "Binance",
    "min_liquidation_amount": "0",
    "page": "1",
    "per_page": "3",
    "start_time": "1794000000000",
    "end_time": "1795000000000",
    "state": "2",
    "wallet_tag": "Shrimp",
}


def test_the_sandbox_invents_no_figure() -> None:
    assert {path: figures for path in CATALOGUE if (figures := undocumented_figures(path))} == {}


def undocumented_figures(path: str) -> set[float]:
    pairs = "Pair" in CATALOGUE[path].params.__name__
    answer = replay(
        CATALOGUE[path], QUERY | ({"symbol": "BTCUSDT"} if pairs else {}), Plan.PROFESSIONAL, 1_795_000_000_000
    )
    documented = set(numbers(sample(path)["data"]))
    undocumented = {value for value in numbers(answer) if value not in documented and not is_time(value)}
    return undocumented - INDICES.get(path, set())


INDICES = {path: {0.0, 1.0, 2.0} for path in CATALOGUE if "heatmap" in path}  # indices on the price axis


def numbers(data: object) -> list[float]:
    result = [value for value in scalars(data) if not isinstance(value, bool | None)]
    return [float(value) for value in result if isinstance(value, int | float) or re.fullmatch(r"-?\d+\.?\d*", value)]


def is_time(value: float) -> bool:
    return 1.7e9 < value < 1.8e9 or 1.7e12 < value < 1.8e12
