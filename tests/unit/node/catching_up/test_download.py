"""What is asked for in ranges, up and down, and what is made of the answers."""

from dure.core.codec import decode
from dure.core.types import Height, Instant, PublicKey
from dure.node import messages
from dure.node.catching_up.asking import OPEN_MAX, Asking, Means
from dure.node.catching_up.claims import Claims
from dure.node.catching_up.download import AHEAD_MAX, WAITING_BYTES_MAX, Download
from dure.node.messages import BLOCKS_BYTES_MAX, BLOCKS_MAX, CertifiedBlock, GetBlocks
from tests.unit.node.blocks import build_stored

PEERS = tuple(PublicKey(bytes([i]) * 32) for i in range(1, 6))
NOW = Instant(10_000)


class Town:
    """A download whose questions are kept."""

    def __init__(self, top: int = 10**6) -> None:
        self.asked: list[tuple[PublicKey, GetBlocks]] = []
        self.claims = Claims()
        for peer in PEERS:
            self.claims.on_status(peer, Height(top), Height(0))
        self.asking = Asking(self, self.claims.drop)
        # A download asks and looks at claims; it touches neither ledger nor disk.
        means = Means(None, None, self.asking, self.claims, None)  # type: ignore[arg-type]  # what it does not touch is left out
        self.it: Download[CertifiedBlock] = Download(
            "blocks", means, lambda start, count: GetBlocks(start=start, count=count)
        )

    def send(self, peer: PublicKey, data: bytes) -> None:
        question = decode(messages.PeerMessage, data)
        assert isinstance(question, GetBlocks)
        self.asked.append((peer, question))

    def broadcast(self, data: bytes) -> None:
        raise AssertionError(data)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        raise AssertionError(reason)

    def advance(self, near: int, far: int) -> list[tuple[int, int]]:
        """Return (start, count) of what is asked now."""
        before = len(self.asked)
        self.it.advance(Height(near), Height(far), NOW)
        return [(question.start, question.count) for _, question in self.asked[before:]]

    def answer(self, start: int, count: int, size: int = 10) -> None:
        peer = next(peer for peer, question in reversed(self.asked) if question.start == start)
        items = [build_item(height, size) for height in range(start, start + count)]
        self.it.on_answer(peer, start, items, NOW)


def build_item(height: int, size: int) -> CertifiedBlock:
    _, stored = build_stored(height, (bytes(size),))
    return CertifiedBlock(stored.block, stored.certificate)


def test_ranges_follow_on_one_another_upwards() -> None:
    town = Town()
    assert town.advance(5, 150) == [(5, 64), (69, 64), (133, 18)]
    assert len({peer for peer, _ in town.asked}) == 3
    assert town.advance(5, 150) == []


def test_and_downwards() -> None:
    town = Town()
    assert town.advance(150, 5) == [(87, 64), (23, 64), (5, 18)]


def test_so_many_questions_and_so_far_ahead() -> None:
    town = Town()
    assert len(town.advance(1, 10**5)) == OPEN_MAX
    for start in range(1, OPEN_MAX * BLOCKS_MAX, BLOCKS_MAX):
        town.answer(start, BLOCKS_MAX)
    asked = town.advance(1, 10**5)
    assert sum(count for _, count in asked) == AHEAD_MAX + 1 - OPEN_MAX * BLOCKS_MAX


def test_what_a_short_answer_left_out_is_asked_again() -> None:
    town = Town()
    town.advance(1, 64)
    town.answer(1, 10)
    assert town.advance(1, 64) == [(11, 54)]


def test_large_blocks_make_short_ranges_and_wait_within_bounds() -> None:
    town = Town()
    near = 1
    for _ in range(40):
        for start, count in town.advance(near, 10**5):
            town.answer(start, min(count, 2), BLOCKS_BYTES_MAX // 2)
        assert town.it.waiting_bytes <= WAITING_BYTES_MAX + 2 * BLOCKS_BYTES_MAX
    assert town.advance(near, 10**5) == []
    town.it.drop_outside(Height(9), Height(10**5))
    assert all(count < 8 for _, count in town.advance(9, 10**5))


def test_answers_are_kept_until_it_is_their_turn() -> None:
    town = Town()
    town.advance(1, 128)
    town.answer(65, 64)
    assert town.it.get(Height(1)) is None
    arrived = town.it.get(Height(65))
    assert arrived is not None
    assert arrived.item == build_item(65, 10)
    town.it.drop_from(arrived.peer)
    assert town.it.get(Height(65)) is None
    assert town.it.waiting_bytes == 0


def test_wrong_heights_are_a_lie_and_nothing_is_kept() -> None:
    town = Town()
    town.advance(1, 64)
    peer, _ = town.asked[0]
    town.it.on_answer(peer, 1, [build_item(1, 1), build_item(3, 1)], NOW)
    assert town.it.get(Height(1)) is None
    assert town.claims.get_height(peer) is None


def test_nothing_for_what_was_claimed_is_a_lie_and_for_what_was_proven_is_none() -> None:
    town = Town(top=3)
    town.advance(1, 3)
    (peer, _), *_ = town.asked
    town.it.on_answer(peer, 1, [], NOW)
    assert town.claims.get_height(peer) is None
    town.claims.on_proven(Height(9), [PEERS[4]])
    town.asked.clear()
    town.advance(8, 9)
    town.it.on_answer(PEERS[4], 8, [], NOW)
    assert town.claims.find_holders(Height(8)) == []


def test_what_nobody_asked_for_costs_nothing() -> None:
    town = Town()
    town.it.on_answer(PEERS[0], 1, [build_item(1, 1)], NOW)
    assert town.it.get(Height(1)) is None
    town.advance(1, 64)
    town.it.clear()
    town.answer(1, 3)
    assert town.it.get(Height(1)) is None


def test_an_answer_longer_than_one_may_be_is_a_lie() -> None:
    town = Town()
    town.advance(1, 100)
    liar = town.asked[0][0]
    town.answer(1, 2, size=BLOCKS_BYTES_MAX // 2 + 1)
    assert town.it.waiting_bytes == 0
    assert town.claims.get_height(liar) is None


def test_a_large_block_goes_alone() -> None:
    town = Town()
    town.advance(1, 100)
    town.answer(1, 1, size=2 * BLOCKS_BYTES_MAX)
    assert town.it.waiting_bytes > 2 * BLOCKS_BYTES_MAX
