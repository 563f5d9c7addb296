"""Whom a node asks, how long it waits, and what it makes of claims and lies."""

import pytest

from dure.core.codec import decode
from dure.core.types import Height, Instant, PublicKey
from dure.core.validators import Validator, build_validator_set
from dure.node import messages
from dure.node.catching_up.asking import (
    LATE_MS,
    LIES_MAX,
    LIES_MS,
    OPEN_MAX,
    OPEN_PER_PEER_MAX,
    PATIENCE_MS,
    PATIENCE_MS_MAX,
    Asking,
)
from dure.node.catching_up.claims import Claims
from dure.node.messages import GetBlocks

ANNA, BEN, CHRIS = PEERS = tuple(PublicKey(bytes([i]) * 32) for i in (1, 2, 3))
FOUR = build_validator_set([Validator(key, "org") for key in (*PEERS, PublicKey(bytes([4]) * 32))])
NOW = Instant(10_000)
QUESTION = GetBlocks(start=Height(1), count=1)


def later(milliseconds: int) -> Instant:
    return Instant(NOW + milliseconds)


class Wire:
    """A network that only remembers."""

    def __init__(self) -> None:
        self.asked: list[PublicKey] = []
        self.ended: list[PublicKey] = []

    def send(self, peer: PublicKey, data: bytes) -> None:
        assert decode(messages.PeerMessage, data) == QUESTION
        self.asked.append(peer)

    def broadcast(self, data: bytes) -> None:
        raise AssertionError(data)

    def disconnect(self, peer: PublicKey, reason: str) -> None:
        assert "lied repeatedly" in reason
        self.ended.append(peer)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def lies() -> list[PublicKey]:
    return []


@pytest.fixture
def asking(wire: Wire, lies: list[PublicKey]) -> Asking:
    return Asking(wire, lies.append)


def test_questions_are_bounded_with_each_peer_and_in_all(asking: Asking, wire: Wire) -> None:
    for number in range(OPEN_PER_PEER_MAX):
        assert asking.ask(("t", number), QUESTION, [ANNA], NOW)
    assert not asking.ask(("t", "more"), QUESTION, [ANNA], NOW)
    many = [PublicKey(bytes([i]) * 32) for i in range(10, 30)]
    for number in range(100, 100 + OPEN_MAX):
        asking.ask(("t", number), QUESTION, many, NOW)
    assert len(wire.asked) == OPEN_MAX


def test_nobody_able_is_nobody_asked(asking: Asking, wire: Wire) -> None:
    assert not asking.ask(("t",), QUESTION, [], NOW)
    assert wire.asked == []


def test_an_answer_counts_once_and_only_from_the_one_who_was_asked(asking: Asking) -> None:
    asking.ask(("t",), QUESTION, [ANNA], NOW)
    assert not asking.close(BEN, ("t",))
    assert not asking.close(ANNA, ("other",))
    assert asking.is_open(("t",))
    assert asking.close(ANNA, ("t",))
    assert not asking.is_open(("t",))
    assert not asking.close(ANNA, ("t",))


def test_who_is_slow_is_overtaken_and_its_late_answer_still_taken(
    asking: Asking, wire: Wire
) -> None:
    asking.ask(("t",), QUESTION, PEERS, NOW)
    asking.expire(later(PATIENCE_MS - 1))
    assert asking.is_open(("t",))
    asking.expire(later(PATIENCE_MS))
    assert not asking.is_open(("t",))
    asking.ask(("t",), QUESTION, PEERS, later(PATIENCE_MS))
    assert wire.asked == [ANNA, BEN]
    assert asking.close(ANNA, ("t",))
    assert asking.is_open(("t",))
    assert asking.close(BEN, ("t",))


def test_very_late_is_too_late(asking: Asking) -> None:
    asking.ask(("t",), QUESTION, [ANNA], NOW)
    asking.expire(later(PATIENCE_MS))
    asking.expire(later(PATIENCE_MS + LATE_MS))
    assert not asking.close(ANNA, ("t",))


def test_patience_doubles_with_each_failure_up_to_a_bound(asking: Asking) -> None:
    now, patience = NOW, PATIENCE_MS
    for _ in range(8):
        asking.ask(("t",), QUESTION, [ANNA], now)
        asking.expire(Instant(now + patience - 1))
        assert asking.is_open(("t",))
        now = Instant(now + patience)
        asking.expire(now)
        assert not asking.is_open(("t",))
        patience = min(2 * patience, PATIENCE_MS_MAX)


def test_a_useful_answer_forgives(asking: Asking, wire: Wire) -> None:
    asking.note_failure(ANNA)
    asking.ask((1,), QUESTION, PEERS, NOW)
    asking.note_use(ANNA)
    asking.ask((2,), QUESTION, PEERS, NOW)
    assert wire.asked == [BEN, ANNA]


def test_repeated_lies_end_the_connection(
    asking: Asking, wire: Wire, lies: list[PublicKey]
) -> None:
    asking.ask(("t",), QUESTION, [ANNA], NOW)
    for number in range(LIES_MAX):
        assert wire.ended == []
        asking.note_lie(ANNA, "a lie", later(number))
    assert wire.ended == [ANNA]
    assert lies == [ANNA] * LIES_MAX
    assert not asking.is_open(("t",))


def test_lies_long_ago_are_forgotten(asking: Asking, wire: Wire) -> None:
    for number in range(2 * LIES_MAX):
        asking.note_lie(ANNA, "a lie", later(number * LIES_MS // (LIES_MAX - 1)))
    assert wire.ended == []


def test_a_kind_or_a_peer_can_be_forgotten(asking: Asking) -> None:
    asking.ask(("a", 1), QUESTION, [ANNA], NOW)
    asking.ask(("b", 1), QUESTION, [BEN], NOW)
    asking.ask(("b", 2), QUESTION, [CHRIS], NOW)
    asking.forget("a")
    assert not asking.is_open(("a", 1))
    assert not asking.close(ANNA, ("a", 1))
    asking.expire(later(PATIENCE_MS))
    asking.forget_peer(BEN)
    assert not asking.close(BEN, ("b", 1))
    assert asking.close(CHRIS, ("b", 2))


# Claims


def claim(**heights: int) -> Claims:
    claims = Claims()
    names = {"anna": ANNA, "ben": BEN, "chris": CHRIS}
    for name, height in heights.items():
        claims.on_status(names[name], Height(height), Height(0))
    return claims


def test_one_liar_alone_makes_nobody_call_itself_behind() -> None:
    claims = claim(anna=2**62, ben=6, chris=5)
    assert claims.find_height_ahead(Height(5), FOUR) is None
    assert not claims.is_behind(Height(5), FOUR)
    claims.on_status(BEN, Height(7), Height(0))
    assert claims.find_height_ahead(Height(5), FOUR) == 7
    assert claims.is_behind(Height(5), FOUR)
    assert claim(anna=7).find_height_ahead(Height(5), FOUR) is None


def test_who_is_no_validator_counts_only_where_too_few_validators_are_heard_of() -> None:
    claims = claim(anna=5)
    for follower in range(10, 15):
        claims.on_status(PublicKey(bytes([follower]) * 32), Height(2**62), Height(0))
    assert claims.is_behind(Height(5), FOUR)
    claims.on_status(BEN, Height(5), Height(0))
    assert not claims.is_behind(Height(5), FOUR)


def test_who_has_a_block_is_who_claims_it_or_must_have_it() -> None:
    claims = claim(anna=9, ben=3)
    claims.on_status(CHRIS, Height(9), Height(6))
    assert claims.find_holders(Height(5)) == [ANNA]
    assert claims.find_holders(Height(6)) == [ANNA, CHRIS]
    assert claims.find_holders(Height(10)) == []
    claims.on_proven(Height(12), [BEN])
    assert claims.find_holders(Height(10)) == [BEN]
    assert not claims.has_claimed(BEN, Height(10))
    assert claims.find_top() == 12
    assert claims.get_height(BEN) == 3


def test_a_dropped_claim_counts_for_nothing_until_it_is_made_again() -> None:
    claims = claim(anna=9, ben=9)
    claims.drop(ANNA)
    assert claims.get_height(ANNA) is None
    assert claims.find_holders(Height(5)) == [BEN]
    claims.on_status(ANNA, Height(9), Height(0))
    assert claims.find_holders(Height(5)) == [ANNA, BEN]


def test_a_clock_that_was_set_back_keeps_no_question_open(asking: Asking) -> None:
    now = Instant(10**9)
    assert not asking.awaits(ANNA)
    assert asking.ask(("blocks", 1), QUESTION, [ANNA], now)
    asking.expire(Instant(now - 3_600_000))
    assert not asking.is_open(("blocks", 1))
    assert asking.awaits(ANNA)
    asking.expire(Instant(now - 3 * 3_600_000))
    assert not asking.awaits(ANNA)
