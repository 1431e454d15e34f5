"""A change that breaks clients must be announced."""

import pytest

from tools.sdl_changes import unannounced

OLD = "type Query { pair(symbol: String!): Pair } type Pair { price: Float! volume: Float }"
LOG = "## [Unreleased]\n\n- `Pair.volume` is gone.\n\n## [0.1.0]\n\n- `Pair.price`, `Query.pair`.\n"


def test_a_new_field_is_not_a_breaking_change() -> None:
    assert unannounced(OLD, OLD.replace("volume", "base: String volume"), "") == []


@pytest.mark.parametrize(
    ("new", "names"),
    [
        (OLD.replace("price: Float! ", ""), "Pair.price"),
        (OLD.replace("price: Float!", "price: String!"), "Pair.price"),
        (OLD.replace("symbol: String!", "symbol: String! venue: String!"), "Query.pair"),
    ],
)
def test_an_unannounced_breaking_change_is_reported(new: str, names: str) -> None:
    (description,) = unannounced(OLD, new, LOG)
    assert names in description


def test_braces_announce_several_fields_of_a_type() -> None:
    new = OLD.replace("price: Float! volume: Float", "open: Float")
    assert unannounced(OLD, new, "## Unreleased\n\n- Gone: `Pair.{price, volume}`.\n") == []
    (description,) = unannounced(OLD, new, "## Unreleased\n\n- Gone: `Pair.{volume}`.\n")
    assert "Pair.price" in description


def test_an_announced_breaking_change_is_allowed() -> None:
    assert unannounced(OLD, OLD.replace("volume: Float", ""), LOG) == []


def test_fields_of_a_type_whose_new_name_is_announced_need_no_mention() -> None:
    new = OLD.replace("type Pair", "type Instrument").replace("): Pair", "): Instrument")
    assert unannounced(OLD, new, "## Unreleased\n\n- `Pair` is now `Instrument`.\n") == []
    assert unannounced(OLD, OLD.replace("Float!", "String"), "## Unreleased\n\n- `Float` is now `String`.\n") != []
