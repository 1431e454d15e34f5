"""The first names up to a limit."""

from server.bounded_names import BoundedNames


def test_names_are_added_up_to_the_limit() -> None:
    names = BoundedNames(2)
    assert [names.add(name) for name in ("a", "b", "c", "a")] == [True, True, False, True]
    assert [name in names for name in ("a", "b", "c")] == [True, True, False]
