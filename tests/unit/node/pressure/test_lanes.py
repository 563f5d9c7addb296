"""In which order a node takes up what its peers send."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from dure.core.codec import encode
from dure.core.types import PublicKey
from dure.node import messages
from dure.node.pressure.lanes import (
    BLOCK_WAITS_BYTES_MAX,
    TURN_S,
    WAITING_BYTES_MAX,
    Lanes,
)

ANNA, BERT = PublicKey(b"a" * 32), PublicKey(b"b" * 32)
VOTE = encode(messages.EngineMessage(data=b"vote"))
BLOCK = encode(messages.BareMessage(data=b"block", envelope_ids=bytes(32)))


def gossip(number: int, size: int = 100) -> bytes:
    return encode(messages.Gossip(envelopes=(bytes([number]) * size,)))


@dataclass
class Desk:
    """Lanes whose time passes only while something is taken up."""

    cost_s: float = 0.0
    """What taking up one frame takes."""
    now: float = 0.0
    taken: list[tuple[PublicKey, bytes]] = field(default_factory=list)

    def take(self, peer: PublicKey, frame: bytes) -> None:
        self.taken.append((peer, frame))
        self.now += self.cost_s

    def open(self) -> Lanes:
        return Lanes(self.take, lambda: self.now)


def run(desk: Desk, play: Callable[[Lanes], None], turns: int) -> None:
    """Let the test put frames in, and give the loop so many turns afterwards."""

    async def main() -> None:
        lanes = desk.open()
        play(lanes)
        for _ in range(turns):
            await asyncio.sleep(0)
        lanes.close()

    asyncio.run(main())


def test_while_there_is_time_everything_keeps_its_order() -> None:
    desk = Desk(cost_s=TURN_S / 10)
    frames = [gossip(1), VOTE, gossip(2), BLOCK, VOTE]

    def play(lanes: Lanes) -> None:
        for frame in frames:
            lanes.put(ANNA, frame)

    run(desk, play, turns=0)
    assert [frame for _, frame in desk.taken] == frames


def test_a_vote_overtakes_transactions_that_no_time_is_left_for() -> None:
    desk = Desk(cost_s=2 * TURN_S)

    def play(lanes: Lanes) -> None:
        for frame in (gossip(1), gossip(2), gossip(3), VOTE):
            lanes.put(ANNA, frame)

    run(desk, play, turns=0)
    assert [frame for _, frame in desk.taken] == [gossip(1), VOTE]


def test_the_rest_is_taken_up_in_later_turns_the_peers_in_turn() -> None:
    desk = Desk(cost_s=2 * TURN_S)

    def play(lanes: Lanes) -> None:
        for number in (1, 2, 3):
            lanes.put(ANNA, gossip(number))
        lanes.put(BERT, gossip(4))

    run(desk, play, turns=2)
    assert desk.taken == [(ANNA, gossip(1)), (ANNA, gossip(2)), (BERT, gossip(4))]
    desk.taken.clear()
    run(desk, play, turns=5)
    assert desk.taken[-1] == (ANNA, gossip(3))
    assert len(desk.taken) == 4


def test_a_block_that_names_transactions_waits_for_what_its_sender_passed_on_before() -> None:
    desk = Desk(cost_s=2 * TURN_S)

    def play(lanes: Lanes) -> None:
        for frame in (gossip(1), gossip(2), BLOCK):
            lanes.put(ANNA, frame)

    run(desk, play, turns=4)
    assert [frame for _, frame in desk.taken] == [gossip(1), gossip(2), BLOCK]


def test_it_does_not_wait_behind_more_than_a_little() -> None:
    desk = Desk(cost_s=2 * TURN_S)

    def play(lanes: Lanes) -> None:
        for number in (1, 2, 3):
            lanes.put(ANNA, gossip(number, BLOCK_WAITS_BYTES_MAX))
        lanes.put(ANNA, BLOCK)

    run(desk, play, turns=0)
    assert [frame[:20] for _, frame in desk.taken] == [
        gossip(1, BLOCK_WAITS_BYTES_MAX)[:20],
        BLOCK[:20],
    ]


def test_of_one_peer_only_so_much_waits() -> None:
    desk = Desk(cost_s=2 * TURN_S)
    found: list[int] = []

    def play(lanes: Lanes) -> None:
        for _ in range(60):
            lanes.put(ANNA, gossip(1, 100_000))
        lanes.put(BERT, gossip(2))
        found.append(lanes.dropped)

    run(desk, play, turns=0)
    waiting = 60 - 1 - found[0]
    assert (waiting - 1) * 100_000 <= WAITING_BYTES_MAX < waiting * 101_000


def test_what_waits_of_a_peer_that_is_gone_is_dropped() -> None:
    desk = Desk(cost_s=2 * TURN_S)

    def play(lanes: Lanes) -> None:
        for number in (1, 2):
            lanes.put(ANNA, gossip(number))
            lanes.put(BERT, gossip(number))
        lanes.forget(ANNA)

    run(desk, play, turns=5)
    assert desk.taken == [(ANNA, gossip(1)), (BERT, gossip(1)), (BERT, gossip(2))]
