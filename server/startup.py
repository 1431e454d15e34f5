"""Tunes the memory of a process: little garbage collection, and large blocks that are returned."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing settings takes most of what is to be done without the collector
    from starlette.types import ASGIApp

    from server.open_connections import OpenConnections
    from server.settings import Settings

_GC_THRESHOLDS = (10_000, 20, 100)  # objects, and collections of the first and second generation
_M_MMAP_THRESHOLD = -3  # in glibc's malloc.h
_OTHER_FILES = 200  # besides connections: sockets that are being refused, and what Python opens
_LARGE_BLOCK = 128 * 1024  # bytes


@contextlib.contextmanager
def exempt_imports() -> Iterator[None]:
    """Exempt from garbage collection what is imported within.

    Else every collection while the application is built traverses it again: 0.3 s of CPU.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def start_app(settings: "Settings", connections: "OpenConnections", *, sandbox: bool) -> "ASGIApp":
    """Import and build the application, exempt from garbage collection.

    What is cached later is not in reference cycles, and most objects of a request are freed without the collector.
    """
    with exempt_imports():
        from server.app import create_app
        from server.export.writers import load_pyarrow
        from server.open_connections import allow_open_files

        load_pyarrow()
    allow_open_files(settings.max_connections + settings.connections + _OTHER_FILES)
    app = create_app(settings, connections, sandbox=sandbox, watched=True)
    tune_gc()
    return_large_blocks()
    return app


def tune_gc() -> None:
    """Exempt the application from garbage collection; to be called once it is built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def return_large_blocks() -> None:
    """Let large blocks of memory go back to the system as soon as they are freed, with glibc's allocator.

    Otherwise, once one was freed, glibc takes the next ones from its heap, which small objects beside them keep large.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
