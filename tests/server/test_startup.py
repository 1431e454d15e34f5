"""What a process imports is exempt from garbage collection."""

import gc

import pytest

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
