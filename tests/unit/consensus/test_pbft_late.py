"""What comes late, twice, from elsewhere, or for something that is over changes nothing else."""

import pytest

from dure.consensus.interface import (
    Accuse,
    CandidateBuilt,
    CandidateJudged,
    CatchUp,
    DraftSigned,
    Event,
    Finalize,
    HeadChanged,
    JudgeCandidate,
    Persist,
    Send,
    SignDraft,
    StartTimer,
    Timer,
    TimerFired,
    WorkChanged,
)
from dure.consensus.pbft import Message, PbftEngine
from dure.consensus.pbft.messages import Decided, Proposal, Step, collect_signatures
from dure.consensus.pbft.records import read_place
from dure.consensus.pbft.state import BLOCKS_MAX
from dure.consensus.pbft.votes import ROUNDS_MAX, Tally
from dure.core.block import Block, compute_block_id
from dure.core.errors import StorageError
from dure.core.types import Height, Instant, Round
from tests.conformance.fakes import CHAIN, make_block, make_key, verify_many
from tests.unit.consensus.desk import (
    NOW,
    A,
    B,
    C,
    D,
    Desk,
    accept,
    change_round,
    commit,
    decide,
    prepare,
    prepares_of,
    propose,
)

OTHERS = (B, C, D)


def enter_round(desk: Desk, round_: int) -> Block:
    """Have the proposer of a later round propose a new block of its own."""
    proposer = (1 + round_) % 4
    block = desk.make_block(proposer, NOW + round_)
    changes = tuple(change_round(member, round_) for member in OTHERS)
    desk.hear(propose(proposer, block, round_, changes))
    return block


class TestTimers:
    def test_a_timer_of_another_kind_moves_nobody(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        before = len(desk.effects)
        desk.feed(TimerFired(Timer("of somebody else", desk.engine.state.height, Round(0))))
        assert len(desk.effects) == before
        assert "round 0" in desk.engine.describe()

    @pytest.mark.parametrize("height", [0, 2])
    def test_a_timer_of_another_height_moves_nobody(self, height: int) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.feed(TimerFired(Timer("round", Height(height), Round(0))))
        assert not desk.list_ballots(Step.ROUND_CHANGE)

    def test_after_the_decision_nothing_but_the_next_head_matters(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        block = decide(desk).block
        before = len(desk.effects)
        late: list[Event[Message]] = [
            TimerFired(Timer("round", Height(1), Round(0))),
            TimerFired(Timer("rebroadcast", Height(1), Round(0))),
            CandidateBuilt(Height(1), Round(0), block),
            CandidateJudged(Height(1), compute_block_id(block.header), valid=False),
            WorkChanged(has_work=True),
        ]
        for event in late:
            desk.feed(event)
        assert len(desk.effects) == before
        assert desk.engine.phase == "writing the final block"


class TestVerdicts:
    def test_a_verdict_of_another_height_is_not_taken_for_this_one(self) -> None:
        desk = Desk(answers=False)
        block = desk.make_block(B)
        accept(desk)
        desk.feed(CandidateJudged(Height(2), compute_block_id(block.header), valid=True))
        assert not desk.get(Persist)
        desk.judge_late(block)
        assert len(desk.get(Persist)) == 1

    def test_the_verdict_of_a_round_that_is_over_serves_where_the_block_comes_again(self) -> None:
        desk = Desk(answers=False)
        block = desk.make_block(B)
        accept(desk)
        desk.fire("round")
        desk.judge_late(block)
        assert [draft.draft.step for draft in desk.get(SignDraft)] == [Step.ROUND_CHANGE]
        proof = prepares_of(block, 0, B, C, D)
        changes = tuple(change_round(member, 1, (0, block, proof)) for member in OTHERS)
        desk.hear(propose(C, block, 1, changes, proof))
        assert len(desk.get(JudgeCandidate)) == 1
        assert desk.get(SignDraft)[-1].draft.step == Step.PREPARE

    def test_a_block_found_invalid_stays_so_when_it_is_proposed_again(self) -> None:
        desk = Desk(judges_valid=False)
        block = desk.make_block(B)
        accept(desk)
        proof = prepares_of(block, 0, B, C, D)
        changes = tuple(change_round(member, 1, (0, block, proof)) for member in OTHERS)
        desk.hear(propose(C, block, 1, changes, proof))
        assert len(desk.get(JudgeCandidate)) == 1
        assert not desk.list_ballots(Step.PREPARE)
        assert desk.engine.describe().endswith("refusing the proposal of C: its block is not valid")

    def test_while_it_is_judged_it_says_whose_proposal_that_is(self) -> None:
        desk = Desk(answers=False)
        accept(desk)
        assert desk.engine.describe() == "height 1, round 0: judging the proposal of B"


class TestSignatures:
    def test_a_vote_that_is_signed_after_its_round_is_sent_once_and_counts_there(self) -> None:
        desk = Desk(answers=False)
        block = desk.make_block(B)
        accept(desk)
        desk.judge_late(block)
        desk.fire("round")
        desk.sign_late(Step.ROUND_CHANGE, 1)
        desk.sign_late(Step.PREPARE, 0)
        desk.fire("rebroadcast")
        assert len(desk.list_ballots(Step.PREPARE)) == 1
        assert len(desk.list_ballots(Step.ROUND_CHANGE)) == 2

    def test_a_commit_that_is_signed_after_its_round_may_still_decide(self) -> None:
        desk = Desk(answers=False)
        block = desk.make_block(B)
        accept(desk)
        desk.judge_late(block)
        desk.sign_late(Step.PREPARE, 0)
        desk.hear(prepare(B, block), prepare(C, block), commit(B, block), commit(C, block))
        desk.fire("round")
        assert not desk.get(Finalize)
        desk.sign_late(Step.COMMIT, 0)
        assert desk.get(Finalize)[0].certificate.round == 0

    def test_a_refusal_that_comes_after_its_round_is_not_held_against_the_next(self) -> None:
        desk = Desk(answers=False)
        accept(desk)
        desk.judge_late(desk.make_block(B))
        draft = desk.get(SignDraft)[0].draft
        desk.fire("round")
        desk.feed(DraftSigned(draft, None))
        assert "refused" not in desk.engine.describe()

    def test_every_step_that_the_signer_refused_is_named(self) -> None:
        desk = Desk(signs=False)
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        assert desk.engine.describe().endswith("; the signer refused: round change")
        enter_round(desk, 1)
        assert desk.engine.describe().endswith("; the signer refused: prepare, round change")

    def test_a_proposal_signed_when_the_own_turn_has_come_again_is_the_old_one_no_more(
        self,
    ) -> None:
        desk = Desk(own=B, answers=False)
        desk.feed(WorkChanged(has_work=True))
        old = desk.make_block(B)
        desk.feed(CandidateBuilt(Height(1), Round(0), old))
        desk.hear(*(change_round(member, 4) for member in (A, C, D)))
        desk.sign_late(Step.ROUND_CHANGE, 4)
        desk.sign_late(Step.PROPOSAL, 0)
        new = desk.make_block(B, NOW + 9)
        desk.feed(CandidateBuilt(Height(1), Round(4), new))
        desk.sign_late(Step.PROPOSAL, 0)
        assert not desk.list_ballots(Step.PROPOSAL)
        desk.sign_late(Step.PROPOSAL, 4)
        sent = [message for message in desk.list_sent() if isinstance(message, Proposal)]
        assert [message.block for message in sent] == [new]

    def test_a_claim_whose_certificate_was_replaced_meanwhile_is_not_sent(self) -> None:
        desk = Desk(answers=False)
        block = desk.make_block(B)
        accept(desk)
        desk.judge_late(block)
        desk.sign_late(Step.PREPARE, 0)
        desk.hear(prepare(B, block), prepare(C, block))
        desk.fire("round")
        proof = prepares_of(block, 0, B, C, D)
        changes = tuple(change_round(member, 1, (0, block, proof)) for member in OTHERS)
        desk.hear(propose(C, block, 1, changes, proof))
        desk.sign_late(Step.PREPARE, 1)
        desk.hear(prepare(B, block, 1), prepare(C, block, 1))
        desk.sign_late(Step.ROUND_CHANGE, 1)
        assert not desk.list_ballots(Step.ROUND_CHANGE)
        desk.hear(change_round(B, 2), change_round(C, 2))
        desk.sign_late(Step.ROUND_CHANGE, 2)
        assert [ballot.prepared_round for ballot in desk.list_ballots(Step.ROUND_CHANGE)] == [1]


class TestVotes:
    def test_two_camps_in_one_round_decide_nothing_until_one_is_a_quorum(self) -> None:
        desk = Desk()
        block, other = desk.make_block(B), desk.make_block(B, NOW + 1)
        desk.hear(propose(B, block), commit(B, block), commit(C, block), commit(D, other))
        assert not desk.get(Finalize)
        desk.hear(prepare(B, block), prepare(C, block))
        (final,) = desk.get(Finalize)
        assert {seal.validator for seal in final.certificate.seals} == set(map(make_key, (A, B, C)))

    def test_a_spammer_pushes_out_its_own_votes_and_nobody_elses(self) -> None:
        block = Desk().make_block(B)
        tally = Tally()
        tally.add(commit(B, block).vote)
        for round_ in range(ROUNDS_MAX + 1):
            tally.add(commit(A, block, round_).vote)
        assert tally.get_voters(Round(0)) == {make_key(B)}

    def test_a_round_change_that_comes_again_or_late_changes_nothing_and_proves_nothing(
        self,
    ) -> None:
        desk = Desk()
        desk.hear(change_round(D, 3))
        before = len(desk.effects)
        desk.hear(change_round(D, 3), change_round(D, 2))
        assert len(desk.effects) == before
        desk.hear(change_round(C, 3))
        assert [ballot.round for ballot in desk.list_ballots(Step.ROUND_CHANGE)] == [3]
        assert not desk.get(Accuse)


class TestBlocks:
    def test_so_many_blocks_are_kept_for_late_commits_and_older_ones_are_fetched(self) -> None:
        rounds = [0, *(round_ for round_ in range(1, 40) if (1 + round_) % 4 != A)]
        for late, is_here in ((0, False), (-BLOCKS_MAX, True)):
            desk = Desk()
            accept(desk)
            blocks = [desk.make_block(B)]
            blocks += [enter_round(desk, round_) for round_ in rounds[1 : BLOCKS_MAX + 1]]
            block, round_ = blocks[late], rounds[late + (BLOCKS_MAX + 1 if late else 0)]
            desk.hear(*(commit(member, block, round_) for member in OTHERS))
            assert bool(desk.get(Finalize)) is is_here
            assert bool(desk.get(CatchUp)) is not is_here

    def test_a_block_judged_long_ago_is_judged_again(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        accept(desk)
        for round_ in (1, 3, 4, 5, 7, 8, 9, 11, 12):
            if (1 + round_) % 4 != A:
                enter_round(desk, round_)
        for round_ in (13, 16, 17):
            enter_round(desk, round_)
        before = len(desk.get(JudgeCandidate))
        proof = prepares_of(block, 0, B, C, D)
        changes = tuple(change_round(member, 20, (0, block, proof)) for member in OTHERS)
        desk.hear(propose(B, block, 20, changes, proof))
        assert len(desk.get(JudgeCandidate)) == before + 1
        assert desk.list_ballots(Step.PREPARE)[-1].block_id == compute_block_id(block.header)


class TestHelpAndHeads:
    def test_who_is_stuck_is_helped_once_an_interval(self) -> None:
        desk = Desk()
        decide(desk)
        for later, answers in ((0, 1), (999, 1), (1_000, 2), (1_500, 2), (2_000, 3)):
            desk.now = Instant(NOW + later)
            desk.hear(change_round(D, 1))
            assert len(desk.get(Send)) == answers

    def test_only_a_round_change_asks_for_help(self) -> None:
        desk = Desk()
        block = decide(desk).block
        desk.hear(commit(D, block), prepare(D, block))
        assert not desk.get(Send)

    def test_a_final_block_of_this_height_that_continues_another_chain_is_not_taken(self) -> None:
        desk = Desk()
        certificate = decide(Desk()).certificate
        elsewhere = make_block(Desk(size=5).genesis, NOW, make_key(B), (b"work",))
        desk.hear(Decided(block=elsewhere, certificate=certificate))
        assert not desk.effects

    def test_a_head_from_elsewhere_is_followed_and_brings_no_decision_to_help_with(self) -> None:
        first = Desk()
        final = decide(first)
        first.executor.commit(final.block, final.certificate)
        desk = Desk(own=C)
        desk.feed(HeadChanged(first.executor.get_head()))
        assert desk.engine.describe() == "height 2, round 0: idle"
        desk.hear(change_round(D, 1))
        assert not desk.get(Send)

    def test_a_follower_goes_from_round_to_round_without_a_vote(self) -> None:
        desk = Desk(own=9)
        desk.hear(change_round(B, 3), change_round(C, 3))
        assert "round 3" in desk.engine.describe()
        assert not desk.effects
        block = enter_round(desk, 4)
        desk.hear(*(commit(member, block, 4) for member in OTHERS))
        assert len(desk.get(Finalize)) == 1
        assert not [*desk.get(SignDraft), *desk.get(Persist), *desk.get(StartTimer)]


class TestRecords:
    def run_to_commit(self) -> Desk:
        desk = Desk()
        block = desk.make_block(B)
        desk.hear(propose(B, block), prepare(B, block), prepare(C, block))
        return desk

    def test_a_record_says_where_its_ballot_stands_in_the_signer_s_order(self) -> None:
        desk = self.run_to_commit()
        asked = [
            (each.draft.height, each.draft.round, each.draft.step) for each in desk.get(SignDraft)
        ]
        assert [read_place(record) for record in desk.journal] == asked

    def test_a_damaged_record_has_no_place(self) -> None:
        with pytest.raises(StorageError):
            read_place(b"torn")

    def test_the_journal_of_another_member_is_refused(self) -> None:
        desk = self.run_to_commit()
        with pytest.raises(StorageError, match="another member"):
            PbftEngine(make_key(D), CHAIN, desk.genesis, desk.journal, verify=verify_many)


def test_an_engine_writes_and_reads_its_own_words() -> None:
    desk = Desk(own=B)
    desk.feed(WorkChanged(has_work=True))
    for message in desk.list_sent():
        assert desk.engine.decode_message(desk.engine.encode_message(message)) == message
        signatures = desk.engine.collect_signatures(message)
        assert signatures == collect_signatures(CHAIN, message)
        assert all(verify_many(signatures))
