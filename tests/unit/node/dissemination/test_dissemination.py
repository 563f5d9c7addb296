"""A block is named, joined, asked for; whoever lies is cut off, and nobody waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.consensus.pbft.messages import Ballot, Ballots, Step, Vote
from dure.core.block import compute_envelope_id, compute_envelope_ids
from dure.core.codec import decode, encode
from dure.core.errors import PeerViolation
from dure.core.types import BlockId, Hash, Height, Round, Signature
from dure.node import messages
from dure.node.dissemination import fetching
from dure.node.dissemination.bodies import Body, KeptBodies, join_ids
from dure.node.dissemination.dissemination import ANSWERED_BYTES_PER_SECOND, SAID_MAX
from dure.node.dissemination.fetching import (
    BODIES_PER_PEER_MAX,
    MESSAGES_PER_PEER_MAX,
    PATIENCE_MS,
    QUESTIONS_MAX,
)
from tests.unit.node.dissemination.neighbours import ALICE, BOB, EVE, Node, make_message

ENVELOPES = tuple(bytes([number]) * 200 for number in range(20))
MESSAGE = make_message(*ENVELOPES)
ROOT = MESSAGE.block.header.transaction_root


def open_bare(frame: bytes) -> messages.BareMessage:
    opened = decode(messages.PeerMessage, frame)
    assert isinstance(opened, messages.BareMessage)
    return opened


def test_who_holds_all_envelopes_is_sent_their_names_alone() -> None:
    alice, bob = Node(ENVELOPES), Node(ENVELOPES)
    frame = alice.dissemination.pack(MESSAGE)
    assert len(frame) < len(encode(MESSAGE)) / 2
    bob.hear(ALICE, frame)
    assert bob.received == [MESSAGE]
    assert bob.take_said() == []
    assert alice.dissemination.counts.bytes_spared == 20 * (200 - 32)


@pytest.mark.parametrize("message", [make_message(), make_message(height=2)])
def test_a_message_without_envelopes_goes_as_it_is(message: object) -> None:
    frame = decode(messages.PeerMessage, Node().dissemination.pack(message))
    assert frame == messages.EngineMessage(encode(message))


@given(known=st.sets(st.sampled_from(ENVELOPES)))
def test_what_is_missing_is_asked_for_and_nothing_else(known: set[bytes]) -> None:
    alice, bob = Node(ENVELOPES), Node(known)
    bob.hear(ALICE, alice.dissemination.pack(MESSAGE))
    places = tuple(i for i, envelope in enumerate(ENVELOPES) if envelope not in known)
    asked = [(ALICE, messages.GetEnvelopes(ROOT, places))] if places else []
    assert bob.wire.sent == asked
    for _, question in bob.take_said():
        assert bob.received == []
        alice.hear(BOB, encode(question))
        for peer, answer in alice.take_said():
            assert peer == BOB
            bob.hear(ALICE, encode(answer))
    assert bob.received == [MESSAGE]
    assert bob.dissemination.counts.envelopes_fetched == len(places)
    bob.ring()
    assert bob.take_said() == []


def test_a_body_that_was_fetched_once_is_here_for_later_messages_and_other_askers() -> None:
    alice, bob, eve = Node(), Node(), Node()
    frame = alice.dissemination.pack(MESSAGE)
    fetch(bob, alice, frame)
    bob.hear(EVE, frame)
    assert bob.received == [MESSAGE, MESSAGE]
    assert bob.take_said() == []
    fetch(eve, bob, bob.dissemination.pack(MESSAGE))
    assert eve.received == [MESSAGE]


def fetch(asker: Node, holder: Node, frame: bytes) -> None:
    asker.hear(ALICE, frame)
    ((_, question),) = asker.take_said()
    holder.hear(BOB, encode(question))
    ((_, answer),) = holder.take_said()
    asker.hear(ALICE, encode(answer))


def test_messages_of_several_peers_wait_for_one_body() -> None:
    alice, bob = Node(), Node()
    frame = alice.dissemination.pack(MESSAGE)
    for peer in (ALICE, EVE, ALICE):
        bob.hear(peer, frame)
    ((_, question),) = bob.take_said()
    alice.hear(BOB, encode(question))
    ((_, answer),) = alice.take_said()
    bob.hear(ALICE, encode(answer))
    assert bob.received == [MESSAGE, MESSAGE]


def test_who_does_not_answer_is_asked_again_and_then_the_next_and_then_nobody() -> None:
    alice, bob = Node(), Node()
    frame = alice.dissemination.pack(MESSAGE)
    bob.hear(ALICE, frame)
    bob.hear(EVE, frame)
    patience = []
    for _ in range(QUESTIONS_MAX):
        patience.append(bob.wire.timers[0][0])
        assert bob.dissemination.awaits(ALICE)
        bob.ring()
    assert patience == [PATIENCE_MS << number for number in range(QUESTIONS_MAX)]
    assert [peer for peer, _ in bob.take_said()] == [ALICE, EVE] * (QUESTIONS_MAX // 2)
    assert bob.wire.timers == []
    assert not bob.dissemination.awaits(ALICE)
    # It was as if the message had been lost: the next one begins anew.
    fetch(bob, alice, frame)
    assert bob.received == [MESSAGE]


def test_what_was_passed_on_meanwhile_need_not_be_fetched() -> None:
    alice, bob = Node(), Node(ENVELOPES[:10])
    bob.hear(ALICE, alice.dissemination.pack(MESSAGE))
    bob.learn(*ENVELOPES[10:15])
    bob.ring()
    assert bob.take_said()[1:] == [(ALICE, messages.GetEnvelopes(ROOT, tuple(range(15, 20))))]
    bob.learn(*ENVELOPES)
    bob.ring()
    assert bob.received == [MESSAGE]
    assert bob.wire.timers == []


def test_an_answer_may_come_in_parts_twice_late_or_unasked() -> None:
    bob = Node()
    bob.hear(ALICE, Node().dissemination.pack(MESSAGE))
    first = answer(range(5))
    bob.hear(EVE, answer(range(20)))
    for frame in (first, first):
        bob.hear(ALICE, frame)
        assert bob.received == []
    bob.hear(ALICE, answer(range(20)))
    bob.hear(ALICE, answer(range(20)))
    assert bob.received == [MESSAGE]
    assert bob.dissemination.counts.envelopes_fetched == 20


def answer(places: range, *envelopes: bytes) -> bytes:
    given_back = envelopes or tuple(ENVELOPES[place] for place in places)
    return encode(messages.Envelopes(ROOT, tuple(places), given_back))


# Liars


@pytest.mark.parametrize(
    "lie",
    [
        answer(range(2), b"another", ENVELOPES[1]),
        answer(range(2), ENVELOPES[1], ENVELOPES[0]),
        answer(range(2), ENVELOPES[0]),
        answer(range(1), *ENVELOPES[:2]),
        answer(range(20, 21), b"beyond"),
    ],
)
def test_another_envelope_than_was_asked_for_is_a_violation(lie: bytes) -> None:
    bob = Node()
    bob.hear(ALICE, Node().dissemination.pack(MESSAGE))
    with pytest.raises(PeerViolation):
        bob.hear(ALICE, lie)
    assert bob.received == []


@pytest.mark.parametrize("known", [ENVELOPES, ENVELOPES[:7]])
@pytest.mark.parametrize("names", [ENVELOPES[::-1], ENVELOPES[:-1], (*ENVELOPES, ENVELOPES[0])])
def test_names_that_do_not_stand_in_the_block_are_a_violation(
    known: tuple[bytes, ...], names: tuple[bytes, ...]
) -> None:
    bob = Node(known)
    lie = tell_names(join_ids(names))
    if set(names) <= set(known):
        bob.hear(ALICE, lie)
        assert bob.wire.cut_off == [ALICE]
    else:
        with pytest.raises(PeerViolation):
            bob.hear(ALICE, lie)
    assert bob.received == []
    assert bob.take_said() == []


def tell_names(envelope_ids: bytes) -> bytes:
    honest = open_bare(Node().dissemination.pack(MESSAGE))
    return encode(messages.BareMessage(honest.data, envelope_ids))


@pytest.mark.parametrize("is_known", [True, False])
def test_other_names_for_a_body_that_is_known_or_awaited_are_a_violation(is_known: bool) -> None:
    bob = Node(ENVELOPES if is_known else ())
    bob.hear(ALICE, Node().dissemination.pack(MESSAGE))
    with pytest.raises(PeerViolation):
        bob.hear(EVE, tell_names(join_ids(ENVELOPES[::-1])))


def test_half_a_name_is_a_violation() -> None:
    with pytest.raises(PeerViolation):
        Node(ENVELOPES).hear(ALICE, tell_names(join_ids(ENVELOPES)[:-1]))


def test_names_beside_a_message_without_a_block_are_a_violation() -> None:
    ballot = Ballot(Step.PREPARE, Height(1), Round(0), BlockId(bytes(32)), None)
    vote = Ballots(Vote(ballot, ALICE, Signature(bytes(64))))
    with pytest.raises(PeerViolation):
        Node(ENVELOPES).hear(ALICE, encode(messages.BareMessage(encode(vote), join_ids(ENVELOPES))))


def test_a_body_longer_than_any_message_is_not_joined() -> None:
    # All of it is known here, so that naming it costs a liar nothing.
    envelopes = tuple(bytes([number]) * 1024 * 1024 for number in range(9))
    bob = Node(envelopes)
    bob.hear(EVE, Node().dissemination.pack(make_message(*envelopes)))
    assert bob.received == []
    assert bob.wire.cut_off == [EVE]


def test_a_question_for_what_nobody_named_is_not_answered() -> None:
    alice = Node(ENVELOPES)
    alice.hear(EVE, encode(messages.GetEnvelopes(ROOT, (0,))))
    assert alice.take_said() == []


@pytest.mark.parametrize("places", [(0, 20), (20,), (0,) * 60_000, (1, 0)])
def test_a_question_for_places_that_no_body_has_is_a_violation(places: tuple[int, ...]) -> None:
    alice = Node()
    alice.dissemination.pack(MESSAGE)
    with pytest.raises(PeerViolation):
        alice.hear(EVE, encode(messages.GetEnvelopes(ROOT, places)))


def test_so_much_a_second_is_answered_and_no_more() -> None:
    alice = Node()
    large = make_message(*(bytes([number]) * 1024 * 1024 for number in range(4)))
    alice.dissemination.pack(large)
    question = encode(messages.GetEnvelopes(large.block.header.transaction_root, (0, 1, 2, 3)))
    for _ in range(50):
        alice.hear(EVE, question)
    answered = len(alice.take_said()) * 4 * 1024 * 1024
    assert 0 < answered <= ANSWERED_BYTES_PER_SECOND
    # Another peer is answered meanwhile.
    alice.hear(BOB, question)
    assert len(alice.take_said()) == 1


def test_a_clock_that_was_set_back_costs_nobody_his_answers() -> None:
    alice = Node()
    alice.dissemination.pack(MESSAGE)
    for now_ms in (10_000_000, 0, 1_000):
        alice.wire.now_ms = now_ms
        alice.hear(BOB, encode(messages.GetEnvelopes(ROOT, (0,))))
    assert len(alice.take_said()) == 3


def test_nobody_has_more_waiting_than_its_share_nor_takes_anothers() -> None:
    bob = Node()
    bob.hear(ALICE, Node().dissemination.pack(MESSAGE))
    for number in range(3 * BODIES_PER_PEER_MAX):
        bob.hear(EVE, Node().dissemination.pack(make_message(b"%d" % number)))
    assert len(bob.dissemination._fetches) == BODIES_PER_PEER_MAX + 1
    bob.hear(ALICE, answer(range(20)))
    assert bob.received == [MESSAGE]


def test_so_many_messages_of_a_peer_wait_for_one_body() -> None:
    bob = Node()
    many = [make_message(*ENVELOPES, height=height) for height in range(1, 10)]
    for message in many:
        bob.hear(ALICE, Node().dissemination.pack(message))
    bob.hear(ALICE, answer(range(20)))
    assert bob.received == many[-MESSAGES_PER_PEER_MAX:]


def test_what_a_node_said_is_not_forgotten_for_what_it_hears() -> None:
    alice = Node()
    alice.dissemination.pack(MESSAGE)
    for number in range(100):
        envelope = b"%d" % number
        alice.learn(envelope)
        alice.hear(EVE, Node().dissemination.pack(make_message(envelope)))
    alice.hear(BOB, encode(messages.GetEnvelopes(ROOT, (3,))))
    assert alice.take_said() == [(BOB, messages.Envelopes(ROOT, (3,), (ENVELOPES[3],)))]


# Kept bodies


def test_kept_bodies_are_bounded_by_number_and_by_bytes() -> None:
    kept = KeptBodies(SAID_MAX, bytes_max=500)
    bodies = [Body(compute_envelope_id(e), (e,)) for e in (bytes([n]) * 100 for n in range(10))]
    for body in bodies:
        kept.add(Hash(body.envelope_ids), body)
    assert len(kept) == SAID_MAX
    large = Body(b"", (bytes(1000),))
    kept.add(ROOT, large)
    assert len(kept) == 1
    assert kept.find(ROOT) is large


def test_no_more_is_fetched_for_a_body_than_a_block_may_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    envelopes = [bytes([number]) * 100 for number in range(4)]
    ids = compute_envelope_ids(tuple(envelopes))
    monkeypatch.setattr(fetching, "BODY_BYTES_MAX", 250)
    fetch = fetching.Fetch(Hash(bytes(32)), b"".join(ids))
    for _ in range(3):
        fetch.take(messages.Envelopes(Hash(bytes(32)), (0, 1), tuple(envelopes[:2])))
    with pytest.raises(PeerViolation, match="longer than any block"):
        fetch.take(messages.Envelopes(Hash(bytes(32)), (2,), (envelopes[2],)))
