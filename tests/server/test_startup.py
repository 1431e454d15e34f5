"""What a process imports is exempt from garbage collection, and large blocks go back to the system."""

import ctypes
import gc
import sys

import pytest

from server.startup import exempt_imports, return_large_blocks


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


class Mallinfo2(ctypes.Structure):
    """glibc's figures of its allocator, in the order of malloc.h; `hblkhd` are bytes outside its heap."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]
    hblkhd: int


def outside_the_heap() -> int:
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Mallinfo2
    figures: Mallinfo2 = mallinfo2()
    return figures.hblkhd


@pytest.mark.skipif(sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="glibc's allocator")
def test_a_large_block_is_outside_the_heap_although_one_was_freed_before() -> None:
    return_large_blocks()
    size = 8 * 1024 * 1024
    block = bytearray(size)
    del block
    before = outside_the_heap()
    block = bytearray(size)
    assert outside_the_heap() - before >= size
    del block
    assert outside_the_heap() == before
