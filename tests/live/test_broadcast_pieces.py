"""A client that is far behind takes what it has missed in pieces, so that nothing of it waits in its own buffer."""

from tests.live.rig import LIQUIDATIONS, LiveRig, liquidation

PIECE = 64 * 1024  # bytes
BATCHES, EVENTS = 40, 100  # some 300 KB of results


async def test_a_client_that_is_behind_takes_one_piece_after_the_other() -> None:
    rig = LiveRig()
    reader, other = await rig.subscribe(LIQUIDATIONS), await rig.subscribe(LIQUIDATIONS)
    reader.slow = True
    for batch in range(BATCHES):
        await rig.send([liquidation(EVENTS * batch + number) for number in range(EVENTS)])
        await rig.elapse(1)
    pieces = []
    while bodies := reader.client.take():
        pieces.append(bodies)
        reader.bodies += bodies
    longest = max(map(len, other.bodies))
    assert len(pieces) > 3
    assert all(sum(map(len, bodies)) <= PIECE for bodies in pieces)
    assert all(sum(map(len, bodies)) + longest > PIECE for bodies in pieces[:-1])
    assert reader.bodies == other.bodies
    numbers = [order["price"] for value in reader.values if "data" in value for order in value["data"]["orders"]]
    assert numbers == [float(number) for number in range(BATCHES * EVENTS)]
    await rig.close()
