"""The parts of PBFT that can be looked at alone: messages, votes, timing, journal, table, words."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.consensus.interface import Finalize, Persist, SignDraft, WorkChanged
from dure.consensus.pbft import PbftEngine, Settings
from dure.consensus.pbft.future import (
    BLOCKS_MAX,
    HEIGHTS_AHEAD_MAX,
    MESSAGES_MAX,
    Future,
)
from dure.consensus.pbft.messages import (
    Ballots,
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    collect_signatures,
    decode_message,
    put_body,
    take_body,
)
from dure.consensus.pbft.state import Phase
from dure.consensus.pbft.table import TABLE, draw_diagram
from dure.consensus.pbft.timing import Pace, compute_proposer, compute_timeout
from dure.consensus.pbft.votes import ROUNDS_MAX, Tally, encode_evidence, validate_evidence
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.errors import InvalidEncoding, InvalidProof, StorageError
from dure.core.signatures import verify_many as verify_for_real
from dure.core.types import Height, Milliseconds, Round
from tests.conformance.fakes import CHAIN, make_key, make_validators, verify_many
from tests.unit.consensus.desk import (
    NOW,
    A,
    B,
    C,
    D,
    Desk,
    change_round,
    commit,
    make_ballot,
    prepare,
    prepares_of,
    propose,
    vote,
)

BYTES_MAX = 100_000
BLOCK = Desk().make_block(B)
OTHER = Desk().make_block(B, NOW + 1)
PROOF = prepares_of(BLOCK, 0, A, B, C)
CLAIM = change_round(A, 1, (0, BLOCK, PROOF))
SAMPLES: list[Message] = [
    prepare(A, BLOCK),
    commit(A, BLOCK),
    propose(B, BLOCK),
    propose(C, BLOCK, 1, (CLAIM, change_round(B, 1), change_round(C, 1)), PROOF),
    change_round(A, 1),
    CLAIM,
    Decided(block=BLOCK, certificate=Certificate(round=Round(0), seals=())),
]


class TestMessages:
    @pytest.mark.parametrize("message", SAMPLES)
    def test_bytes_and_back(self, message: Message) -> None:
        assert decode_message(encode(message), block_bytes_max=BYTES_MAX) == message

    @given(st.sampled_from(SAMPLES), st.integers(0), st.integers(0, 255))
    def test_altered_bytes_are_refused_or_fail_a_signature_or_change_nothing_signed(
        self, message: Message, place: int, value: int
    ) -> None:
        data = bytearray(encode(message))
        data[place % len(data)] = value
        try:
            altered = decode_message(bytes(data), block_bytes_max=BYTES_MAX)
        except InvalidEncoding:
            return
        signed = all(verify_many(collect_signatures(CHAIN, altered)))
        assert altered == message or not signed or isinstance(altered, Decided)

    @given(st.binary(max_size=300))
    def test_garbage_is_refused(self, data: bytes) -> None:
        with pytest.raises(InvalidEncoding):
            decode_message(data, block_bytes_max=BYTES_MAX)

    @given(st.sampled_from(SAMPLES), st.integers(0), st.integers(0, 255))
    def test_no_message_that_decodes_makes_an_engine_raise(
        self, message: Message, place: int, value: int
    ) -> None:
        data = bytearray(encode(message))
        data[place % len(data)] = value
        try:
            altered = decode_message(bytes(data), block_bytes_max=BYTES_MAX)
        except InvalidEncoding:
            return
        desk = Desk()
        desk.hear(altered, altered)
        desk.engine.describe()

    def test_length_is_bounded_before_decoding(self) -> None:
        data = encode(propose(B, Desk().make_block(B, transaction=bytes(200_000))))
        with pytest.raises(InvalidEncoding, match="more than"):
            decode_message(data, block_bytes_max=BYTES_MAX)

    @pytest.mark.parametrize("message", SAMPLES)
    def test_without_its_body_and_with_it_again(self, message: Message) -> None:
        bare, block = take_body(message)
        data = encode(bare)
        if block is None:
            assert bare == message
            return
        with pytest.raises(InvalidEncoding, match="body"):
            decode_message(data, block_bytes_max=BYTES_MAX)
        opened = decode_message(data, block_bytes_max=BYTES_MAX, is_bare=True)
        assert put_body(opened, block.transactions, block_bytes_max=BYTES_MAX) == message

    @pytest.mark.parametrize("message", SAMPLES)
    def test_the_engine_sends_without_the_body_and_takes_it_in_again(
        self, message: Message
    ) -> None:
        engine = Desk().engine
        bare, block = engine.take_body(message)
        opened = engine.decode_message(engine.encode_message(bare), is_bare=block is not None)
        assert opened == bare
        whole = bare if block is None else engine.put_body(bare, block.transactions)
        assert whole == message

    def test_a_body_is_the_headers_and_within_bounds(self) -> None:
        message = propose(B, Desk().make_block(B))
        bare, _ = take_body(message)
        with pytest.raises(InvalidEncoding, match="header"):
            put_body(bare, (b"another",), block_bytes_max=BYTES_MAX)
        with pytest.raises(InvalidEncoding, match="bytes"):
            put_body(bare, (bytes(200_000),), block_bytes_max=BYTES_MAX)
        with pytest.raises(InvalidEncoding, match="bare"):
            decode_message(encode(message), block_bytes_max=BYTES_MAX, is_bare=True)

    def test_every_signature_is_collected_the_embedded_ones_too(self) -> None:
        counts = [len(collect_signatures(CHAIN, message)) for message in SAMPLES]
        assert counts == [1, 1, 1, 7, 1, 4, 0]

    @pytest.mark.parametrize(
        "message",
        [
            Ballots(vote=vote(A, make_ballot(Step.PREPARE, 0, None))),
            Ballots(vote=vote(A, make_ballot(Step.ROUND_CHANGE, 0, None))),
            RoundChange(vote=CLAIM.vote, prepares=PROOF, block=None),
            RoundChange(vote=CLAIM.vote, prepares=(), block=BLOCK),
            RoundChange(vote=CLAIM.vote, prepares=PROOF, block=OTHER),
            RoundChange(vote=CLAIM.vote, prepares=(PROOF[1], PROOF[0]), block=BLOCK),
            RoundChange(vote=CLAIM.vote, prepares=(PROOF[0], PROOF[0]), block=BLOCK),
            change_round(A, 1, (1, BLOCK, PROOF)),
            Proposal(vote=propose(B, OTHER).vote, block=BLOCK, round_changes=(), prepares=()),
            Proposal(vote=propose(B, BLOCK).vote, block=BLOCK, round_changes=PROOF, prepares=()),
            propose(B, Block(header=BLOCK.header, transactions=(b"another",))),
            Decided(
                block=Block(header=BLOCK.header, transactions=()),
                certificate=Certificate(round=Round(0), seals=()),
            ),
        ],
    )
    def test_what_no_correct_member_sends_is_refused_at_the_door(self, message: Message) -> None:
        with pytest.raises(InvalidEncoding):
            decode_message(encode(message), block_bytes_max=BYTES_MAX)

    def test_real_signatures_are_real(self) -> None:
        items = collect_signatures(CHAIN, SAMPLES[0])
        assert verify_for_real(items) == [False]


class TestVotes:
    def test_a_sender_is_kept_for_so_many_rounds_and_loses_its_own_lowest(self) -> None:
        tally = Tally()
        for round_ in range(ROUNDS_MAX + 5):
            tally.add(commit(A, BLOCK, round_).vote)
        tally.add(commit(B, BLOCK, 0).vote)
        assert len(tally) == ROUNDS_MAX + 1
        assert tally.get_voters(Round(0)) == {make_key(B)}
        assert tally.get_voters(Round(5)) == {make_key(A)}

    def test_the_same_vote_again_is_no_contradiction(self) -> None:
        tally = Tally()
        assert tally.add(commit(A, BLOCK).vote) is None
        assert tally.add(commit(A, BLOCK).vote) is None
        assert tally.add(commit(A, OTHER).vote) == commit(A, BLOCK).vote


TIMES = Settings(
    timeout=Milliseconds(100),
    timeout_min=Milliseconds(30),
    timeout_step=Milliseconds(50),
    timeout_max=Milliseconds(220),
)


class TestTiming:
    def test_waits_of_later_rounds_grow_in_a_line_up_to_the_cap(self) -> None:
        waits = [compute_timeout(TIMES, Pace(), Round(round_), members=4) for round_ in range(6)]
        assert waits == [100, 100, 150, 200, 220, 220]

    def test_round_0_is_given_twice_what_heights_took_lately(self) -> None:
        pace = Pace().note(40, 4)
        assert pace.compute_wait(TIMES, 4) == 100, "one of four: perhaps a faulty one's"
        assert pace.note(50, 4).compute_wait(TIMES, 4) == 80

    @given(
        times=st.lists(st.floats(0, 10_000) | st.just(inf), max_size=40),
        members=st.integers(1, 10),
    )
    def test_round_0_waits_between_floor_and_cap(self, times: list[float], members: int) -> None:
        pace = Pace()
        for elapsed in times:
            pace = pace.note(elapsed, members)
        assert TIMES.timeout_min <= pace.compute_wait(TIMES, members) <= TIMES.timeout_max

    @given(
        others=st.lists(st.integers(1, 100), min_size=7, max_size=7),
        slow=st.sets(st.integers(0, 6), max_size=2),
        misses=st.lists(st.booleans(), min_size=70, max_size=70),
    )
    def test_faulty_proposers_hold_nobody_up_longer_than_twice_the_slowest_of_the_rest(
        self, others: list[int], slow: set[int], misses: list[bool]
    ) -> None:
        settings = Settings(timeout_min=Milliseconds(1))
        pace = Pace()
        for height, missed in enumerate(misses):
            wait = pace.compute_wait(settings, 7)
            as_long_as_it_may = inf if missed else wait - 1
            elapsed = as_long_as_it_may if height % 7 in slow else others[height % 7]
            pace = pace.note(elapsed, 7)
        assert pace.compute_wait(settings, 7) <= 2 * max(others)

    def test_where_more_than_the_faulty_needed_a_later_round_the_wait_was_too_short(self) -> None:
        pace = Pace().note(40, 4).note(40, 4).note(40, 4).note(inf, 4)
        waits = []
        for _ in range(5):
            waits.append(pace.compute_wait(TIMES, 4))
            pace = pace.note(inf, 4)
        assert waits == [80, 100, 200, 220, 220]
        for _ in range(3):
            assert pace.compute_wait(TIMES, 4) == 220, "what was enough stays until it is known"
            pace = pace.note(40, 4)
        assert pace.compute_wait(TIMES, 4) == 80

    def test_every_member_has_its_turn(self) -> None:
        validators = make_validators(4)
        turns = [compute_proposer(validators, Height(1), Round(round_)) for round_ in range(4)]
        assert turns == [make_key(B), make_key(C), make_key(D), make_key(A)]


class TestFuture:
    def at(self, height: int, member: int = B, round_: int = 0) -> Ballots:
        block_id = compute_block_id(BLOCK.header)
        return Ballots(
            vote=vote(member, make_ballot(Step.PREPARE, round_, block_id, height=height))
        )

    def test_only_so_many_heights_ahead_are_kept(self) -> None:
        future = Future()
        future.add(self.at(1 + HEIGHTS_AHEAD_MAX), Height(1))
        future.add(self.at(2 + HEIGHTS_AHEAD_MAX), Height(1))
        assert len(future.take(Height(1 + HEIGHTS_AHEAD_MAX))) == 1
        assert not future.take(Height(2 + HEIGHTS_AHEAD_MAX))

    def test_one_sender_fills_only_its_own_share(self) -> None:
        future = Future()
        for round_ in range(MESSAGES_MAX + 10):
            future.add(self.at(2, B, round_), Height(1))
        future.add(self.at(2, C), Height(1))
        assert len(future.take(Height(2))) == MESSAGES_MAX + 1

    def test_few_blocks_of_one_sender_are_kept(self) -> None:
        future = Future()
        for time in range(BLOCKS_MAX + 3):
            future.add(propose(B, Desk().make_block(B, NOW + time)), Height(0))
        assert len(future.take(Height(1))) == BLOCKS_MAX

    def test_f_plus_one_senders_prove_the_block_below(self) -> None:
        future = Future()
        future.add(self.at(90, B), Height(1))
        assert future.compute_proven(2) == 0
        future.add(self.at(7, C), Height(1))
        assert future.compute_proven(2) == 6


class TestEvidence:
    def test_votes_that_agree_prove_nothing(self) -> None:
        evidence = encode_evidence(prepare(A, BLOCK).vote, prepare(A, BLOCK, 1).vote)
        with pytest.raises(InvalidProof):
            validate_evidence(CHAIN, evidence, verify=verify_many)

    def test_a_forged_signature_proves_nothing(self) -> None:
        evidence = encode_evidence(prepare(A, BLOCK).vote, prepare(A, OTHER).vote)
        assert validate_evidence(CHAIN, evidence, verify=verify_many) == make_key(A)
        with pytest.raises(InvalidProof):
            validate_evidence(CHAIN, evidence, verify=verify_for_real)


class TestRestoring:
    def stop_after(self, persists: int) -> Desk:
        """Run a member towards its commit and crash it after so many records."""
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.hear(propose(B, BLOCK), prepare(B, BLOCK), prepare(C, BLOCK))
        desk.fire("round")
        desk.journal = desk.journal[:persists]
        desk.restart()
        return desk

    def test_the_prepare_is_given_again_for_the_same_block(self) -> None:
        desk = self.stop_after(1)
        desk.signer.signed.clear()
        desk.restart()
        assert [ballot.block_id for ballot in desk.list_ballots(Step.PREPARE)] == [
            compute_block_id(BLOCK.header)
        ]
        desk.hear(propose(B, OTHER))
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_the_prepared_block_is_claimed_after_a_restart(self) -> None:
        desk = self.stop_after(2)
        desk.signer.signed.clear()
        desk.restart()
        desk.fire("round")
        change = [sent for sent in desk.list_sent() if isinstance(sent, RoundChange)]
        assert change[0].vote.ballot.prepared_round == 0
        assert change[0].block == BLOCK

    def test_the_round_is_restored(self) -> None:
        desk = self.stop_after(3)
        assert "round 1" in desk.engine.describe()
        assert len(desk.list_ballots(Step.ROUND_CHANGE)) == 1
        desk.hear(propose(B, BLOCK))
        assert not desk.list_ballots(Step.PREPARE)

    def test_what_the_signer_refuses_to_repeat_is_sent_from_the_journal(self) -> None:
        desk = self.stop_after(2)
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_the_proposer_proposes_the_same_block_again(self) -> None:
        desk = Desk(own=B)
        desk.feed(WorkChanged(has_work=True))
        first = desk.list_sent()[0]
        desk.journal = desk.journal[:1]
        desk.signer.signed.popitem()
        desk.now = type(NOW)(NOW + 77)
        desk.restart()
        assert desk.list_sent()[0] == first

    def test_records_of_other_heights_are_skipped(self) -> None:
        desk = self.stop_after(3)
        desk.executor.commit(BLOCK, Certificate(round=Round(0), seals=()))
        engine = PbftEngine(desk.key, CHAIN, desk.executor.get_head(), desk.journal)
        assert "height 2, round 0" in engine.describe()

    @pytest.mark.parametrize("keep", [slice(0, 0), slice(1, 2)])
    def test_a_damaged_journal_is_refused(self, keep: slice) -> None:
        desk = self.stop_after(2)
        journal = [*desk.journal[keep], b"torn"] if keep == slice(0, 0) else desk.journal[keep]
        with pytest.raises(StorageError):
            PbftEngine(desk.key, CHAIN, desk.genesis, journal)


class TestTableAndDescription:
    def test_no_move_is_listed_twice_and_every_phase_is_left(self) -> None:
        assert len(set(TABLE)) == len(TABLE)
        assert {row.before for row in TABLE} >= set(Phase)
        assert {row.after for row in TABLE} == set(Phase)

    def test_the_diagram_shows_every_phase(self) -> None:
        diagram = draw_diagram()
        assert diagram.startswith("digraph")
        assert all(f'"{phase}"' in diagram for phase in Phase)

    def test_it_names_whom_it_waits_for(self) -> None:
        desk = Desk()
        assert desk.engine.describe() == "height 1, round 0: idle"
        desk.feed(WorkChanged(has_work=True))
        assert desk.engine.describe().endswith("awaiting a proposal from B")
        desk.hear(propose(B, BLOCK), prepare(C, BLOCK))
        assert desk.engine.describe().endswith("collecting prepares, 2 of 3; waiting for B, D")
        desk.hear(prepare(D, BLOCK))
        assert desk.engine.describe().endswith("collecting commits, 1 of 3; waiting for B, C, D")
        desk.fire("round")
        assert desk.engine.describe().endswith("changing the round, 1 of 3; waiting for B, C, D")
        desk.hear(change_round(B, 1), change_round(D, 1))
        assert desk.engine.describe().endswith("is agreed; awaiting a proposal from C")

    def test_one_member_alone_decides(self) -> None:
        desk = Desk(size=1)
        desk.feed(WorkChanged(has_work=True))
        assert len(desk.get(Finalize)) == 1
        assert len(desk.get(Persist)) == len(desk.get(SignDraft)) == 3
