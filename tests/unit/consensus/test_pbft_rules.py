"""What a member does by itself: propose, vote, decide, change the round. One rule a test."""

import pytest

from dure.consensus.interface import (
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CatchUp,
    Finalize,
    HeadChanged,
    JudgeCandidate,
    Persist,
    SignDraft,
    StartTimer,
    WorkChanged,
)
from dure.consensus.pbft import Settings
from dure.consensus.pbft.messages import Decided, Proposal, RoundChange, Step
from dure.consensus.quorum import validate_certificate
from dure.core.block import Block
from dure.core.certificate import Certificate, Seal
from dure.core.types import Instant, Round
from tests.conformance.fakes import make_key, verify_many
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
    make_ballot,
    prepare,
    prepares_of,
    propose,
)


class TestProposing:
    def test_the_proposer_builds_when_there_is_work_and_only_then(self) -> None:
        desk = Desk(own=B)
        assert not desk.get(BuildCandidate)
        desk.feed(WorkChanged(has_work=True))
        assert len(desk.get(BuildCandidate)) == 1
        assert len(desk.list_ballots(Step.PROPOSAL)) == 1

    def test_others_wait_and_start_the_timer_at_the_same_moment(self) -> None:
        desk = Desk(own=A)
        desk.feed(WorkChanged(has_work=True))
        assert not desk.get(BuildCandidate)
        assert [timer.timer.kind for timer in desk.get(StartTimer)] == ["round"]

    def test_a_block_is_later_than_its_parent_even_where_the_clock_is_not(self) -> None:
        desk = Desk(own=B, now=Instant(0))
        desk.feed(WorkChanged(has_work=True))
        assert desk.get(BuildCandidate)[0].time == 1

    def test_nothing_to_build_puts_the_proposer_back_to_sleep_until_work_comes(self) -> None:
        desk = Desk(own=B)
        desk.executor.waiting.clear()
        desk.feed(WorkChanged(has_work=True))
        assert not desk.list_sent()
        assert "idle" in desk.engine.describe()
        desk.executor.submit(b"work")
        desk.feed(WorkChanged(has_work=True))
        assert len(desk.list_ballots(Step.PROPOSAL)) == 1

    def test_a_candidate_of_a_round_that_is_over_is_ignored(self) -> None:
        desk = Desk(own=A)
        desk.feed(CandidateBuilt(desk.engine.state.height, Round(0), desk.make_block(A)))
        assert not desk.effects

    def test_the_proposer_of_a_later_round_waits_for_a_quorum_of_round_changes(self) -> None:
        desk = Desk(own=C)
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        desk.hear(change_round(A, 1))
        assert not desk.list_ballots(Step.PROPOSAL)
        desk.hear(change_round(B, 1))
        assert len(desk.list_ballots(Step.PROPOSAL)) == 1

    def test_it_proposes_the_prepared_block_of_the_highest_round_again_unchanged(self) -> None:
        desk = Desk(own=D)
        old, newer = desk.make_block(B), desk.make_block(C, NOW + 1)
        first = (0, old, prepares_of(old, 0, A, B, C))
        second = (1, newer, prepares_of(newer, 1, A, B, C))
        desk.hear(change_round(A, 2, first), change_round(B, 2, second))
        proposal = next(sent for sent in desk.list_sent() if isinstance(sent, Proposal))
        assert proposal.vote.ballot.round == 2
        assert proposal.block == newer
        assert proposal.block.header.proposer == make_key(C)
        assert len(proposal.round_changes) == 3


class TestVoting:
    def test_prepare_comes_after_the_executor_found_the_block_valid(self) -> None:
        desk = Desk()
        accept(desk)
        assert len(desk.get(JudgeCandidate)) == 1
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_an_invalid_block_gets_no_vote(self) -> None:
        desk = Desk(judges_valid=False)
        accept(desk)
        assert not desk.list_sent()
        assert "not valid" in desk.engine.describe()

    def test_one_proposal_a_round(self) -> None:
        desk = Desk()
        accept(desk)
        desk.hear(propose(B, desk.make_block(B, NOW + 1)))
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_only_the_proposer_of_the_round_is_heard(self) -> None:
        desk = Desk()
        desk.hear(propose(C, desk.make_block(C)))
        assert not desk.list_sent()

    @pytest.mark.parametrize("time", [0, NOW + 5_001])
    def test_a_block_out_of_time_gets_no_vote(self, time: int) -> None:
        desk = Desk()
        desk.hear(propose(B, desk.make_block(B, time)))
        assert not desk.list_sent()

    def test_commit_needs_a_quorum_of_prepares_and_the_own_one(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        desk.hear(prepare(B, block), prepare(C, block), prepare(D, block))
        assert not desk.list_ballots(Step.COMMIT)
        accept(desk)
        assert len(desk.list_ballots(Step.COMMIT)) == 1

    def test_prepares_of_another_round_or_block_do_not_count(self) -> None:
        desk = Desk()
        accept(desk)
        other = desk.make_block(B, NOW + 1)
        desk.hear(prepare(B, desk.make_block(B), 1), prepare(C, other), prepare(D, other))
        assert not desk.list_ballots(Step.COMMIT)

    def test_every_ballot_is_journalled_before_it_is_signed_and_signed_before_it_is_sent(
        self,
    ) -> None:
        desk = Desk(own=B)
        desk.feed(WorkChanged(has_work=True))
        kinds = [
            type(effect)
            for effect in desk.effects
            if isinstance(effect, Persist | SignDraft | Broadcast)
        ]
        assert kinds == [Persist, SignDraft, Broadcast] * 2

    def test_a_ballot_that_the_signer_refuses_is_neither_sent_nor_counted(self) -> None:
        desk = Desk(signs=False)
        accept(desk)
        block = desk.make_block(B)
        desk.hear(prepare(B, block), prepare(C, block), prepare(D, block))
        assert not desk.list_sent()
        assert "refused: prepare" in desk.engine.describe()


class TestDeciding:
    def test_a_quorum_of_commits_is_the_certificate(self) -> None:
        desk = Desk()
        final = decide(desk)
        validate_certificate(
            final.block.header, final.certificate, desk.genesis.validators, verify=verify_many
        )
        assert len(final.certificate.seals) == 3

    def test_commits_of_several_rounds_never_add_up(self) -> None:
        desk = Desk()
        accept(desk)
        block = desk.make_block(B)
        desk.hear(commit(B, block, 0), commit(C, block, 1), commit(D, block, 2))
        assert not desk.get(Finalize)

    def test_late_commits_of_an_earlier_round_still_decide(self) -> None:
        desk = Desk()
        accept(desk)
        desk.fire("round")
        block = desk.make_block(B)
        desk.hear(commit(B, block), commit(C, block), commit(D, block))
        assert desk.get(Finalize)[0].certificate.round == 0

    def test_a_block_that_is_not_here_is_fetched(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        desk.hear(commit(B, block), commit(C, block), commit(D, block))
        assert not desk.get(Finalize)
        assert desk.get(CatchUp) == [CatchUp(desk.engine.state.height)]
        accept(desk)
        assert len(desk.get(Finalize)) == 1

    def test_there_is_one_decision_however_many_ways_lead_to_it(self) -> None:
        desk = Desk()
        final = decide(desk)
        desk.hear(Decided(block=final.block, certificate=final.certificate))
        desk.hear(commit(D, final.block))
        assert len(desk.get(Finalize)) == 1

    def test_a_decided_message_is_believed_for_its_certificate(self) -> None:
        final = decide(Desk())
        desk = Desk(own=D)
        desk.hear(Decided(block=final.block, certificate=final.certificate))
        assert desk.get(Finalize) == [final]


class TestChangingTheRound:
    def test_the_timer_sends_everybody_into_the_next_round(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        assert desk.list_ballots(Step.ROUND_CHANGE) == [make_ballot(Step.ROUND_CHANGE, 1, None)]

    def test_a_timer_of_a_round_that_is_over_is_ignored(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        desk.fire("round")
        assert len(desk.list_ballots(Step.ROUND_CHANGE)) == 1

    def test_the_timer_of_a_later_round_starts_when_a_quorum_has_reached_it(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        desk.hear(change_round(B, 1))
        rounds = [
            timer.timer.round for timer in desk.get(StartTimer) if timer.timer.kind == "round"
        ]
        assert rounds == [0]
        desk.hear(change_round(D, 4))
        rounds = [
            timer.timer.round for timer in desk.get(StartTimer) if timer.timer.kind == "round"
        ]
        assert rounds == [0, 1]

    def test_an_idle_member_lets_the_timer_run_out_and_sleeps(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.feed(WorkChanged(has_work=False))
        desk.fire("round")
        assert not desk.list_sent()

    def test_somebody_in_a_later_round_wakes_an_idle_member(self) -> None:
        desk = Desk()
        desk.hear(change_round(D, 1))
        desk.fire("round")
        assert len(desk.list_ballots(Step.ROUND_CHANGE)) == 1

    def test_f_plus_one_members_ahead_are_followed(self) -> None:
        desk = Desk()
        desk.hear(change_round(B, 9))
        assert not desk.list_ballots(Step.ROUND_CHANGE)
        desk.hear(change_round(C, 4))
        assert [ballot.round for ballot in desk.list_ballots(Step.ROUND_CHANGE)] == [4]

    def test_what_was_prepared_is_claimed_with_its_proof(self) -> None:
        desk = Desk()
        accept(desk)
        block = desk.make_block(B)
        desk.hear(prepare(B, block), prepare(C, block))
        desk.fire("round")
        change = next(sent for sent in desk.list_sent() if isinstance(sent, RoundChange))
        assert change.block == block
        assert change.vote.ballot.prepared_round == 0
        assert len(change.prepares) == 3

    def test_a_claim_without_its_proof_is_dropped_on_receipt(self) -> None:
        desk = Desk(own=C)
        block = desk.make_block(B)
        lie = (0, block, prepares_of(block, 0, B, D))
        desk.feed(WorkChanged(has_work=True))
        desk.hear(change_round(D, 1, lie), change_round(A, 1), change_round(B, 1))
        proposal = next(sent for sent in desk.list_sent() if isinstance(sent, Proposal))
        assert make_key(D) not in {change.validator for change in proposal.round_changes}

    def test_own_messages_are_repeated_while_undecided(self) -> None:
        desk = Desk()
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        desk.fire("rebroadcast")
        desk.fire("rebroadcast")
        changes = desk.list_sent()
        assert len(changes) == 3
        assert len(set(map(repr, changes))) == 1


class TestJustification:
    def changes(self, round_: int = 1) -> tuple[RoundChange, ...]:
        return tuple(change_round(member, round_) for member in (B, C, D))

    def test_a_justified_proposal_of_a_later_round_is_accepted_at_once(self) -> None:
        desk = Desk()
        desk.hear(propose(C, desk.make_block(C), 1, self.changes()))
        assert [ballot.round for ballot in desk.list_ballots(Step.PREPARE)] == [1]

    def test_one_round_change_too_few_justifies_nothing(self) -> None:
        desk = Desk()
        desk.hear(propose(C, desk.make_block(C), 1, self.changes()[:2]))
        assert not desk.list_sent()

    def test_round_changes_of_another_round_justify_nothing(self) -> None:
        desk = Desk()
        desk.hear(propose(C, desk.make_block(C), 1, self.changes(2)))
        assert not desk.list_sent()

    def test_the_block_of_the_highest_claim_is_the_only_choice(self) -> None:
        desk = Desk()
        old = desk.make_block(B)
        proof = prepares_of(old, 0, A, B, D)
        changes = (change_round(B, 1, (0, old, proof)), *self.changes()[1:])
        desk.hear(propose(C, desk.make_block(C), 1, changes, proof))
        assert not desk.list_sent()
        desk.hear(propose(C, old, 1, changes, proof))
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_prepares_of_another_round_do_not_prove_the_claim(self) -> None:
        desk = Desk()
        old = desk.make_block(B)
        proof = prepares_of(old, 1, A, B, D)
        changes = (change_round(B, 2, (0, old, proof)), *self.changes(2)[1:])
        desk.hear(propose(D, old, 2, changes, proof))
        assert not desk.list_sent()

    def test_a_block_proposed_again_keeps_its_time_however_old_or_early(self) -> None:
        desk = Desk(now=Instant(10))
        old = desk.make_block(B, NOW)
        proof = prepares_of(old, 0, A, B, D)
        changes = (change_round(B, 1, (0, old, proof)), *self.changes()[1:])
        desk.hear(propose(C, old, 1, changes, proof))
        assert len(desk.list_ballots(Step.PREPARE)) == 1

    def test_round_zero_carries_no_round_changes(self) -> None:
        desk = Desk()
        desk.hear(propose(B, desk.make_block(B), 0, self.changes(0)))
        assert not desk.list_sent()

    def test_a_new_block_names_the_proposer_of_its_round(self) -> None:
        desk = Desk()
        desk.hear(propose(C, desk.make_block(D), 1, self.changes()))
        assert not desk.list_sent()


def make_certificate(block: Block, *members: int) -> Certificate:
    votes = [commit(member, block).vote for member in members]
    return Certificate(
        round=Round(0), seals=tuple(Seal(each.validator, each.signature) for each in votes)
    )


def begin_next_height(desk: Desk) -> int:
    """Have the decided block written, with more work waiting; return the wait of round 0."""
    final = desk.get(Finalize)[-1]
    desk.executor.commit(final.block, final.certificate)
    desk.executor.submit(b"more work")
    desk.feed(HeadChanged(desk.executor.get_head()))
    return desk.get(StartTimer)[-1].after


class TestPace:
    def test_quick_heights_shorten_the_wait_for_the_next_proposer(self) -> None:
        desk = Desk(own=A, size=3)
        desk.feed(WorkChanged(has_work=True))
        desk.now = Instant(NOW + 200)
        decide(desk)
        assert begin_next_height(desk) == 400

    def test_a_rest_without_work_is_not_measured(self) -> None:
        desk = Desk(own=A, size=3)
        desk.feed(WorkChanged(has_work=True))
        desk.feed(WorkChanged(has_work=False))
        desk.fire("round")
        desk.now = Instant(NOW + 5_000)
        desk.feed(WorkChanged(has_work=True))
        desk.now = Instant(NOW + 5_200)
        decide(desk)
        assert begin_next_height(desk) == 400

    def test_the_wait_has_a_floor(self) -> None:
        desk = Desk(own=A, size=3)
        desk.feed(WorkChanged(has_work=True))
        decide(desk)
        assert begin_next_height(desk) == Settings().timeout_min

    def test_a_height_without_hurry_measures_nothing(self) -> None:
        desk = Desk(own=A)
        desk.now = Instant(NOW + 120)
        block = desk.make_block(B)
        certificate = make_certificate(block, B, C, D)
        desk.feed(BlockLearned(block, certificate))
        assert begin_next_height(desk) == Settings().timeout

    def test_a_clock_that_was_set_measures_nothing(self) -> None:
        desk = Desk(own=A, size=3)
        desk.feed(WorkChanged(has_work=True))
        accept(desk)
        desk.now = Instant(NOW - 3_600_000)
        decide(desk)
        assert begin_next_height(desk) == Settings().timeout

    def test_a_height_of_a_later_round_gives_the_next_one_twice_as_much(self) -> None:
        desk = Desk(own=A)
        desk.feed(WorkChanged(has_work=True))
        desk.fire("round")
        desk.hear(change_round(B, 1), change_round(C, 1))
        block = desk.make_block(C)
        changes = (change_round(A, 1), change_round(B, 1), change_round(C, 1))
        desk.hear(propose(C, block, 1, changes))
        desk.hear(prepare(B, block, 1), prepare(C, block, 1))
        desk.hear(commit(B, block, 1), commit(C, block, 1))
        assert begin_next_height(desk) == 2 * Settings().timeout
