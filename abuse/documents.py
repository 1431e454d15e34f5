"""Operations that cost much more than their size: each is the body of a POST."""

from collections.abc import Iterator
from typing import Any

import orjson

_LONG = "x" * 500_000


def documents() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the body of each."""
    for name, query in _queries():
        yield name, orjson.dumps({"query": query})
    for name, payload in _payloads():
        yield name, orjson.dumps(payload)
    yield "unclosed JSON 100,000 deep", b"[" * 100_000
    yield "JSON 100,000 deep", b'{"query": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "bad UTF-8", b'{"query": "{ \xff\xfe }"}'
    yield "bad JSON", b'{"query": '
    yield "a number of 500,000 digits", b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 500_000 + b"}}"


def _queries() -> Iterator[tuple[str, str]]:
    yield "nesting 1,000 deep", "{ a" * 1000 + " }" * 1000
    yield "lists 1,000 deep", "{ coin(symbol: " + "[" * 1000 + "]" * 1000 + ") { symbol } }"
    yield "10,000 aliases", "{ " + " ".join(f"a{number}: __typename" for number in range(10_000)) + " }"
    yield "10,000 directives", "{ __typename " + "@skip(if: false) " * 10_000 + "}"
    spreads = " ".join(f"...f{number}" for number in range(10_000))
    fragments = " ".join(f"fragment f{number} on Query {{ __typename }}" for number in range(10_000))
    yield "10,000 fragments", f"{{ {spreads} }} {fragments}"
    yield "circular fragments", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
    chain = " ".join(f"fragment f{number} on Query {{ ...f{number + 1} ...f{number + 1} }}" for number in range(100))
    yield "fragments that double", f"{{ ...f0 }} {chain} fragment f100 on Query {{ __typename }}"
    inner = "symbol"
    for _ in range(5):
        inner = f"pairs {{ nodes {{ coin {{ {inner} }} }} }}"
    yield "connections that multiply", f'{{ coin(symbol: "BTC") {{ {inner} }} }}'
    yield "700 equal fields", "{ " + 'coin(symbol: "BTC") { symbol } ' * 700 + "}"
    yield "1,000 operations", " ".join(f"query q{number} {{ __typename }}" for number in range(1000))
    yield "300 SDLs", "{ " + " ".join(f"a{number}: _service {{ sdl }}" for number in range(300)) + " }"
    types = "fields { type " * 12 + "{ name }" + " }" * 12
    yield "introspection 12 deep", f"{{ __schema {{ types {{ {types} }} }} }}"
    whole = "__schema { types { name fields { name args { name type { name } } type { name } } } }"
    yield "introspection 100 times", "{ " + " ".join(f"a{number}: {whole}" for number in range(100)) + " }"
    pair = 'pair(exchange: "Binance", symbol: "BTC/USDT")'
    yield "the last 2,147,483,647", f"{{ {pair} {{ price(interval: M1, last: 2147483647) {{ __typename }} }} }}"
    yield "a negative last", f"{{ {pair} {{ price(interval: M1, last: -2147483648) {{ __typename }} }} }}"
    yield "an argument of 500,000 characters", f'{{ coin(symbol: "{_LONG}") {{ symbol }} }}'
    yield "a name of 500,000 characters", f"{{ {_LONG} }}"
    yield "a comment of 500,000 characters", f"{{ __typename }} # {_LONG}"
    yield "100,000 ignored commas", "{ __typename " + "," * 100_000 + " }"


def _payloads() -> Iterator[tuple[str, Any]]:
    query = "query ($a: [_Any!]!) { _entities(representations: $a) { __typename } }"
    coin = {"__typename": "Coin", "symbol": "BTC"}
    yield "20,000 entities", {"query": query, "variables": {"a": [coin] * 20_000}}
    yield "variables of 900 KB", {"query": "{ __typename }", "variables": {"a": "x" * 900_000}}
    yield "100,000 variables", {"query": "{ __typename }", "variables": dict.fromkeys(map(str, range(100_000)))}
    nested: Any = 1
    for _ in range(200):
        nested = {"a": nested}
    yield "variables 200 deep", {"query": query, "variables": {"a": [nested]}}
    yield "a batch of 1,000", [{"query": "{ __typename }"}] * 1000
    yield "a query that is no text", {"query": {"a": 1}}
    yield "a hash that is no hash", {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x" * 10_000}}}
