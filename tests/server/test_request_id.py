"""Request ids are unique in every process."""

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


def test_a_short_simple_id_is_used_and_any_other_replaced() -> None:
    assert request_id("abc-12_3") == "abc-12_3"
    for header in (None, "", "a b", "a\n", "x" * 65, "\u00fc", "\u0663"):
        new_ids = request_id(header)
        assert len(new_ids) == 32
        assert int(new_ids, 16)


def test_ids_are_unique() -> None:
    assert len({request_id(None) for _ in range(1000)}) == 1000


def test_forked_workers_make_different_ids() -> None:
    new_ids = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)  # noqa: S603  # our own text
    first, second = new_ids.stdout.split()
    assert first != second
