"""Catching up: whom a node that is behind asks, and whom it asks next."""

from dure.core.types import Height, Instant, PublicKey
from dure.node.catching_up.synchronizer import ANSWER_TIMEOUT_MS, Synchronizer
from dure.node.messages import BLOCKS_MAX, GetBlocks

ANNA, BEN, CHRIS = (PublicKey(bytes([i]) * 32) for i in (1, 2, 3))
NOW = Instant(10_000)
LATER = Instant(NOW + ANSWER_TIMEOUT_MS)


class Asked:
    """A synchronizer and the questions that it asked."""

    def __init__(self, **heights: int) -> None:
        self.questions: list[tuple[PublicKey, GetBlocks]] = []
        self.it = Synchronizer(lambda peer, question: self.questions.append((peer, question)))
        for name, height in heights.items():
            self.it.on_status({"anna": ANNA, "ben": BEN, "chris": CHRIS}[name], Height(height))

    def advance(self, head: int, now: Instant = NOW) -> list[PublicKey]:
        self.questions.clear()
        self.it.advance(Height(head), now)
        return [peer for peer, _ in self.questions]


def test_who_is_not_behind_asks_nobody() -> None:
    asked = Asked(anna=5)
    assert asked.advance(5) == []
    assert not asked.it.is_behind(Height(5), 1)
    assert asked.it.get_height(ANNA) == 5
    assert asked.it.get_height(BEN) is None


def test_one_liar_alone_makes_nobody_call_itself_behind() -> None:
    asked = Asked(anna=2**62, ben=6, chris=5)
    assert not asked.it.is_behind(Height(5), 2)
    asked.it.on_status(BEN, Height(7))
    assert asked.it.is_behind(Height(5), 2)


def test_one_question_at_a_time_for_what_comes_next() -> None:
    asked = Asked(anna=9, ben=3)
    assert asked.it.is_behind(Height(5), 1)
    assert asked.advance(5) == [ANNA]
    assert asked.questions == [(ANNA, GetBlocks(start=Height(6), count=BLOCKS_MAX))]
    assert asked.advance(5) == []
    asked.it.on_answer(BEN, useful=True)
    assert asked.advance(5) == []
    asked.it.on_answer(ANNA, useful=True)
    assert asked.advance(7) == [ANNA]


def test_an_answer_is_awaited_only_from_the_one_who_was_asked() -> None:
    asked = Asked(anna=9)
    assert not asked.it.is_asked(ANNA)
    asked.advance(5)
    assert asked.it.is_asked(ANNA)
    assert not asked.it.is_asked(BEN)
    asked.it.on_answer(ANNA, useful=False)
    assert not asked.it.is_asked(ANNA)


def test_a_peer_that_fails_is_asked_again_only_after_the_others() -> None:
    asked = Asked(anna=9, ben=9)
    assert asked.advance(5) == [ANNA]
    asked.it.on_answer(ANNA, useful=False)
    assert asked.advance(5) == [BEN]
    asked.it.on_status(ANNA, Height(9))
    asked.it.on_answer(BEN, useful=True)
    assert asked.advance(6) == [BEN]


def test_silence_counts_as_failure_and_a_claim_not_kept_counts_for_nothing() -> None:
    asked = Asked(anna=9, chris=7)
    assert asked.advance(5) == [ANNA]
    assert asked.advance(5, Instant(LATER - 1)) == []
    assert asked.advance(5, LATER) == [CHRIS]
    assert asked.it.get_height(ANNA) is None
    assert asked.advance(5, Instant(LATER + ANSWER_TIMEOUT_MS)) == []
    assert not asked.it.is_behind(Height(5), 1)
    asked.it.on_status(ANNA, Height(9))
    assert asked.advance(5, Instant(LATER + ANSWER_TIMEOUT_MS)) == [ANNA]


def test_success_forgives() -> None:
    asked = Asked(anna=9, ben=9)
    asked.advance(5)
    asked.it.on_answer(ANNA, useful=False)
    asked.it.on_status(ANNA, Height(9))
    asked.advance(5)
    asked.it.on_answer(BEN, useful=False)
    asked.it.on_status(BEN, Height(9))
    assert asked.advance(5) == [ANNA]
    asked.it.on_answer(ANNA, useful=True)
    assert asked.advance(6) == [ANNA]
