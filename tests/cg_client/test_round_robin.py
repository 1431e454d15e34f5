"""Clients take turns: each waits for at most one turn of each other client."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.quota.round_robin import RoundRobin, Weights

clients = st.sampled_from("abcd")
weights = st.dictionaries(clients, st.integers(1, 4))
# A push of a client's item, a pop, or the removal of the item that came so many pushes ago.
steps = st.lists(clients | st.none() | st.integers(1, 5), max_size=40)


class Line:
    """A round robin beside a simple list of its expected items."""

    def __init__(self, weights: Weights) -> None:
        self.robin = RoundRobin[int](weights)
        self.pushed: list[str] = []
        self.inside: dict[int, str] = {}

    def push(self, client: str) -> int:
        item = len(self.pushed)
        self.robin.push(client, item)
        self.pushed.append(client)
        self.inside[item] = client
        return item

    def pop(self) -> int:
        item = self.robin.pop()
        del self.inside[item]
        return item

    def discard(self, item: int) -> None:
        self.robin.discard(self.pushed[item], item)
        self.inside.pop(item, None)


def line_after(weights: Weights, done: list[str | int | None]) -> Line:
    line = Line(weights)
    for step in done:
        if isinstance(step, str):
            line.push(step)
        elif step is None and line.inside:
            line.pop()
        elif isinstance(step, int) and step <= len(line.pushed):
            line.discard(len(line.pushed) - step)
    return line


@given(weights, steps)
def test_items_are_popped_exactly_once_in_the_predicted_order(weights: Weights, done: list[str | int | None]) -> None:
    line = line_after(weights, done)
    order, inside = list(line.robin), dict(line.inside)
    counts = Counter(inside.values())
    assert len(line.robin) == len(inside)
    assert all(line.robin.count(client) == counts[client] for client in "abcd")
    assert [line.pop() for _ in inside] == order
    assert sorted(order) == sorted(inside)
    assert len(line.robin) == 0


@given(weights, steps)
def test_the_items_of_a_client_stay_in_order(weights: Weights, done: list[str | int | None]) -> None:
    line = line_after(weights, done)
    for client in "abcd":
        client_items = [item for item in line.robin if line.pushed[item] == client]
        assert client_items == sorted(client_items)


@given(weights, steps, clients)
def test_the_predicted_position_is_the_position_of_the_next_item(
    weights: Weights, done: list[str | int | None], client: str
) -> None:
    line = line_after(weights, done)
    ahead = line.robin.ahead_of(client)
    item = line.push(client)
    assert list(line.robin).index(item) == ahead


@given(weights, steps, clients)
def test_a_new_client_waits_for_one_turn_of_each_other_client(
    weights: Weights, done: list[str | int | None], client: str
) -> None:
    line = line_after(weights, done)
    for item in [item for item, of in line.inside.items() if of == client]:
        line.discard(item)
    others = set(line.inside.values())
    assert line.robin.ahead_of(client) <= sum(weights.get(other, 1) for other in others)


@given(weights, steps)
def test_each_round_has_as_many_items_of_a_client_as_its_weight(weights: Weights, done: list[str | int | None]) -> None:
    """Between two turns of one client each other one has at most one."""
    line = line_after(weights, done)
    order = [line.pushed[item] for item in line.robin]
    for client in set(order):
        indices = [position for position, of in enumerate(order) if of == client]
        for first, second in zip(indices, indices[weights.get(client, 1) :], strict=False):
            between = Counter(order[first + 1 : second])
            assert all(count <= weights.get(other, 1) for other, count in between.items() if other != client)


@pytest.mark.parametrize(
    ("weights", "order"), [({}, "abcabcaaa"), ({"a": 2}, "aabcaabca"), ({"b": 9, "c": 2}, "abbccaaaa")]
)
def test_turns_follow_the_weights(weights: Weights, order: str) -> None:
    line = Line(weights)
    for client in "aaaaabbcc":
        line.push(client)
    assert "".join(line.pushed[item] for item in line.robin) == order


def test_only_waiting_clients_are_stored() -> None:
    line = Line({})
    for number in range(100):
        line.push(f"client{number}")
    for item in range(50):
        line.discard(item)
    while line.inside:
        line.pop()
    assert not line.robin._items
