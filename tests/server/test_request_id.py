"""A request is named once, in every process."""

import subprocess
import sys

from server.http import request_id

FORKED = """
import os
from server.http import request_id
if os.fork():
    os.wait()
print(request_id(None))
"""


def test_a_simple_wish_is_taken_over_and_anything_else_replaced() -> None:
    assert request_id("abc-12_3") == "abc-12_3"
    for wished in (None, "", "a b", "a\n", "x" * 65, "\u00fc", "\u0663"):
        created = request_id(wished)
        assert len(created) == 32
        assert int(created, 16)


def test_no_name_is_made_twice() -> None:
    assert len({request_id(None) for _ in range(1000)}) == 1000


def test_workers_that_are_forked_make_names_of_their_own() -> None:
    created = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)  # noqa: S603  # our own text
    first, second = created.stdout.split()
    assert first != second
