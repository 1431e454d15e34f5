"""The upstream requests of one operation, each distinct one once, whoever asks for it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from cg_client.asker import Asker
from cg_client.call import Answer, Call, Key
from cg_client.errors import CoinglassError
from cg_client.fetcher import Fetcher
from resolvers.validity import Validity


class Flights:
    """What the operation waits for ends by `deadline`, in monotonic seconds. The plan has to be settled."""

    def __init__(self, client: Fetcher, deadline: float, validity: Validity, asker: Asker) -> None:
        self.client, self.deadline, self.validity, self.asker = client, deadline, validity, asker
        self._begun: dict[Key, asyncio.Future[Answer[Any]]] = {}

    def begin(self, call: Call) -> asyncio.Future[Answer[Any]]:
        """The flight under way, or what is known at once; it has no task of its own."""
        found = self._begun.get(call.key)
        if found is None:
            found = self._begun[call.key] = self._begin(call)
        return found

    async def outcome(self, flights: Sequence[asyncio.Future[Answer[Any]]]) -> Sequence[Answer[Any]] | Exception:
        """The answers, on which the operation's rests from now on, or the first failure, when all have ended."""
        answers, failure = [], None
        for flight in flights:
            try:
                answers.append(await flight)
            except Exception as error:  # noqa: BLE001  # whatever it is, no flight is left behind that nobody looked at
                failure = failure or error
        if failure is None:
            for answer in answers:
                self.validity.rests_on(answer)
        return failure or answers

    def _begin(self, call: Call) -> asyncio.Future[Answer[Any]]:
        try:
            found = self.client.ask(call, self.deadline, self.asker)
        except CoinglassError as error:
            failed: asyncio.Future[Answer[Any]] = asyncio.get_running_loop().create_future()
            failed.set_exception(error)
            return failed
        if isinstance(found, asyncio.Future):
            return found
        if not isinstance(found, Answer):
            return asyncio.ensure_future(found)
        known: asyncio.Future[Answer[Any]] = asyncio.get_running_loop().create_future()
        known.set_result(found)
        return known
