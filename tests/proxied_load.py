"""Load through nginx, as it is configured in deploy/: many clients, each of which its limits leave alone."""

import contextlib
import http.client
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import orjson

from tests.running import LIMIT

_PER_ADDRESS = 40  # requests at once that deploy/nginx.conf allows an address
_BODIES = (  # in turn: a cached answer, and one that is computed for each request
    {"query": "{ __typename }"},
    *({"query": f"{{ a{number}: __typename }}"} for number in range(_PER_ADDRESS - 1)),
)


class Load:
    """Clients in threads: each takes an address of this machine, sends what nginx lets it, and takes the next one."""

    def __init__(self, port: int, threads: int = 8) -> None:
        self._port, self._threads = port, threads
        self._numbers = itertools.count(1)
        self._progress = threading.Condition()
        self._is_over = False
        self.outcomes: Counter[str] = Counter()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        clients = [threading.Thread(target=self._run, daemon=True) for _ in range(self._threads)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self._is_over = True
            for client in clients:
                client.join(LIMIT)

    def wait_for(self, is_reached: Callable[[], bool]) -> None:
        """Wait for the condition, evaluated as answers arrive."""
        with self._progress:
            assert self._progress.wait_for(is_reached, LIMIT)

    def _run(self) -> None:
        while not self._is_over:
            self._send_from(next(self._numbers))

    def _send_from(self, number: int) -> None:
        """Send from one address, on one connection as long as nginx leaves it open."""
        source = f"127.1.{number // 250}.{number % 250 + 1}"
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LIMIT, source_address=(source, 0))
        with contextlib.closing(client):
            for body in _BODIES:
                outcome = self._outcome(client, orjson.dumps(body))
                with self._progress:
                    self.outcomes[outcome] += 1
                    self._progress.notify_all()

    def _outcome(self, client: http.client.HTTPConnection, body: bytes) -> str:
        try:
            client.request("POST", "/graphql", body, {"content-type": "application/json"})
            response = client.getresponse()
            has_data = b'"data":{' in response.read()
        except (http.client.HTTPException, OSError) as error:
            client.close()
            return repr(error)
        return f"{response.status} {'with' if has_data else 'without'} data"
