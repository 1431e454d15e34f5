"""Which clients read too slowly, and which of them are cut off when memory is short."""

from typing import Any
from unittest.mock import Mock

import pytest

from server.open_connections import MAX_UNSENT, ConnectionLimits, OpenConnections, SendProgress, peer

KB = 1024


def progress(*unsent: int) -> SendProgress:
    """Return the progress after a reading each second."""
    sending = SendProgress()
    for second, size in enumerate(unsent):
        sending.update(size, float(second))
    return sending


@pytest.mark.parametrize(
    ("unsent", "stalled_since"),
    [
        ((0, 0), None),
        ((0, 90 * KB), None),
        ((90 * KB, 90 * KB), 0.0),
        ((90 * KB, 89 * KB), 0.0),
        ((90 * KB, 80 * KB), None),
        ((90 * KB, 80 * KB, 80 * KB), 1.0),
        ((90 * KB, 90 * KB, 80 * KB), None),
        ((90 * KB, 90 * KB, 0), None),
    ],
)
def test_a_client_stalls_if_it_reads_less_than_four_kilobytes_a_second(
    unsent: tuple[int, ...], stalled_since: float | None
) -> None:
    assert progress(*unsent).stalled_since == stalled_since


def test_a_client_is_cut_off_once_it_has_stalled_for_longer_than_the_limit() -> None:
    stalled = progress(90 * KB, 90 * KB)
    assert [stalled.is_stalled(now, 30) for now in (1.0, 30.0, 30.1)] == [False, False, True]
    assert not progress(90 * KB, 80 * KB).is_stalled(1000, 30)


def test_a_client_whose_buffer_drained_meanwhile_has_not_stalled() -> None:
    sending = progress(90 * KB, 90 * KB)
    sending.drained()
    sending.update(90 * KB, 2.0)
    assert sending.stalled_since is None


async def test_the_longest_stalled_clients_are_cut_off_until_the_rest_fits_into_memory() -> None:
    limits = OpenConnections(ConnectionLimits())
    third = MAX_UNSENT // 3
    stalled = [connection(progress(*[0] * start, *[third] * (9 - start))) for start in (3, 1, 5)]
    reading = connection(progress(third + 90 * KB, third))
    for item in (*stalled, reading):
        limits.add(item)
    limits.abort_stalled()
    assert [item.transport.abort.called for item in (*stalled, reading)] == [False, True, False, False]


def connection(sending: SendProgress | None = None, address: str = "127.0.0.1") -> Any:  # a mock
    return Mock(sending=sending, client=(address, 1), server=None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_addresses_of_a_network_count_together(address: str, expected: str) -> None:
    assert peer(connection(address=address)) == expected
