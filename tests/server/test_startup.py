"""What a process imports is exempt from garbage collection, and large blocks go back to the system."""

import ctypes
import gc
import resource
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from server.open_connections import allow_open_files
from server.startup import exempt_imports


def test_the_collector_is_off_while_modules_are_imported() -> None:
    with exempt_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()


def test_the_collector_is_on_again_after_a_failed_import() -> None:
    with pytest.raises(ImportError), exempt_imports():
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((1024, 4096), (2000, 4096)),
        ((1024, resource.RLIM_INFINITY), (2000, resource.RLIM_INFINITY)),
        ((1024, 1500), (1500, 1500)),
        ((4096, 4096), None),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), None),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_allowed(
    limits: tuple[int, int], expected: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: changes.append(pair))
    with capture_logs() as logged:
        allow_open_files(2000)
    assert changes == ([] if expected is None else [expected])
    assert [event["allowed"] for event in logged] == ([1500] if expected == (1500, 1500) else [])


_SCRIPT = """
import ctypes

from server.startup import return_large_blocks


class Mallinfo2(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]


def outside_the_heap():
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo2
    return mallinfo2().hblkhd


return_large_blocks()
size = 8 * 1024 * 1024
block = bytearray(size)
del block
before = outside_the_heap()
block = bytearray(size)
assert outside_the_heap() - before >= size
del block
assert outside_the_heap() == before
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc's allocator is tuned")
def test_a_large_block_is_outside_the_heap_although_one_was_freed_before() -> None:
    """In a process of its own: the heap of this one may have room for a large block."""
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)  # noqa: S603  # our own script
