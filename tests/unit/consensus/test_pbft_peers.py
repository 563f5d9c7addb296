"""What a member makes of what others send: strangers, liars, who is behind and who is ahead."""

from msgspec import structs

from dure.consensus.interface import (
    Accuse,
    BuildCandidate,
    CatchUp,
    DraftSigned,
    Finalize,
    HeadChanged,
    Received,
    Send,
    SignDraft,
    WorkChanged,
)
from dure.consensus.pbft import PbftEngine
from dure.consensus.pbft.messages import Ballots, Decided, Proposal, Step
from dure.consensus.pbft.votes import validate_evidence
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.types import ChainId, Height, Instant, Round
from tests.conformance.fakes import CHAIN, make_block, make_key, sign, verify_many
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
    vote,
)


class TestPeers:
    def test_who_is_no_member_is_not_heard(self) -> None:
        desk = Desk()
        accept(desk)
        block = desk.make_block(B)
        desk.hear(*(prepare(stranger, block) for stranger in (7, 8, 9)))
        assert not desk.list_ballots(Step.COMMIT)

    def test_the_second_of_two_votes_is_evidence_and_counts_nowhere(self) -> None:
        desk = Desk()
        block, other = desk.make_block(B), desk.make_block(B, NOW + 1)
        desk.hear(prepare(D, other), prepare(D, block), prepare(D, block))
        accused = desk.get(Accuse)
        assert [accusation.validator for accusation in accused] == [make_key(D)]
        assert validate_evidence(CHAIN, accused[0].evidence, verify=verify_many) == make_key(D)
        accept(desk)
        desk.hear(prepare(C, block))
        assert not desk.list_ballots(Step.COMMIT)

    def test_two_proposals_of_one_round_are_evidence(self) -> None:
        desk = Desk()
        accept(desk)
        desk.hear(propose(B, desk.make_block(B, NOW + 1)))
        assert len(desk.get(Accuse)) == 1

    def test_two_round_changes_of_one_round_are_evidence(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        claim = (0, block, prepares_of(block, 0, A, B, C))
        desk.hear(change_round(D, 1), change_round(D, 1, claim))
        assert len(desk.get(Accuse)) == 1

    def test_rounds_too_far_ahead_are_dropped(self) -> None:
        desk = Desk()
        desk.hear(change_round(B, 2**40), change_round(C, 2**40))
        assert not desk.effects

    def test_who_is_stuck_at_a_lower_height_is_sent_the_last_decision(self) -> None:
        desk = Desk()
        final = decide(desk)
        for _ in range(3):
            desk.hear(change_round(D, 1))
        assert desk.get(Send) == [
            Send(make_key(D), Decided(block=final.block, certificate=final.certificate))
        ]

    def test_f_plus_one_members_at_a_higher_height_make_one_catch_up(self) -> None:
        desk = Desk()
        block_id = compute_block_id(desk.make_block(B).header)
        ahead = [
            Ballots(vote=vote(member, make_ballot(Step.PREPARE, 0, block_id, height=8)))
            for member in (B, C, D)
        ]
        desk.hear(ahead[0])
        assert not desk.get(CatchUp)
        desk.hear(ahead[1], ahead[2])
        assert [effect.height for effect in desk.get(CatchUp)] == [7]

    def test_who_is_behind_proposes_nothing_and_asks_until_it_is_answered(self) -> None:
        desk = Desk(own=B)
        final = decide(Desk())
        ahead = make_block(desk.genesis, NOW, make_key(A), (b"later",))
        header = structs.replace(ahead.header, height=Height(3))
        later = Decided(
            block=Block(header=header, transactions=ahead.transactions),
            certificate=final.certificate,
        )
        desk.hear(later)
        desk.feed(WorkChanged(has_work=True))
        assert not desk.get(BuildCandidate)
        assert [effect.height for effect in desk.get(CatchUp)] == [3]
        desk.now = Instant(NOW + 1_000)
        desk.hear(later)
        desk.fire("round")
        assert len(desk.get(CatchUp)) == 2
        assert len(desk.list_ballots(Step.ROUND_CHANGE)) == 1

    def test_a_block_that_is_missing_is_asked_for_again(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        desk.feed(WorkChanged(has_work=True))
        desk.hear(commit(B, block), commit(C, block), commit(D, block))
        assert "fetching" in desk.engine.describe()
        desk.fire("round")
        desk.fire("rebroadcast")
        assert len(desk.get(CatchUp)) == 2

    def test_a_decided_message_of_another_chain_or_without_a_quorum_is_not_heard(self) -> None:
        final = decide(Desk())
        desk = Desk(own=D)
        few = Certificate(round=Round(0), seals=final.certificate.seals[:2])
        header = structs.replace(final.block.header, chain_id=ChainId(bytes(32)))
        foreign = Block(header=header, transactions=final.block.transactions)
        desk.hear(
            Decided(block=final.block, certificate=few),
            Decided(block=foreign, certificate=final.certificate),
        )
        assert not desk.effects

    def test_a_claim_for_a_block_that_does_not_fit_the_chain_is_dropped(self) -> None:
        desk = Desk()
        foreign = desk.make_block(B, time=0)
        claim = (0, foreign, prepares_of(foreign, 0, A, B, C))
        desk.hear(change_round(B, 1, claim), change_round(C, 1, claim))
        assert not desk.effects

    def test_a_signature_that_comes_too_late_for_its_height_is_not_used(self) -> None:
        desk = Desk()
        final = decide(desk)
        draft = desk.get(SignDraft)[-1].draft
        desk.executor.commit(final.block, final.certificate)
        desk.feed(HeadChanged(desk.executor.get_head()))
        before = len(desk.effects)
        desk.feed(DraftSigned(draft, sign(desk.key, draft.message)))
        desk.feed(HeadChanged(desk.genesis))
        assert len(desk.effects) == before

    def test_a_proposal_that_is_signed_after_its_round_is_not_sent(self) -> None:
        desk = Desk(own=B, signs=False)
        desk.feed(WorkChanged(has_work=True))
        draft = desk.get(SignDraft)[0].draft
        desk.fire("round")
        desk.feed(DraftSigned(draft, sign(desk.key, draft.message)))
        assert not desk.list_ballots(Step.PROPOSAL)

    def test_a_restarted_member_helps_with_the_decision_from_its_disk(self) -> None:
        first = Desk()
        final = decide(first)
        first.executor.commit(final.block, final.certificate)
        decided = Decided(block=final.block, certificate=final.certificate)
        engine = PbftEngine(first.key, CHAIN, first.executor.get_head(), [], decided=decided)
        assert engine.step(Received(change_round(D, 1)), NOW) == (Send(make_key(D), decided),)

    def test_a_follower_reads_the_commits_and_says_that_it_has_no_vote(self) -> None:
        desk = Desk(own=9)
        block = desk.make_block(B)
        desk.feed(WorkChanged(has_work=True))
        desk.hear(propose(B, block), commit(B, block), commit(C, block), commit(D, block))
        assert "no validator" in desk.engine.describe()
        assert len(desk.get(Finalize)) == 1
        assert not desk.get(SignDraft)

    def test_what_came_early_for_the_next_height_is_used_there(self) -> None:
        desk = Desk(own=A)
        final = decide(desk)
        desk.executor.commit(final.block, final.certificate)
        head = desk.executor.get_head()
        block = make_block(head, NOW + 5, make_key(C), (b"next",))
        ballot = make_ballot(Step.PROPOSAL, 0, compute_block_id(block.header), height=2)
        desk.hear(Proposal(vote=vote(C, ballot), block=block, round_changes=(), prepares=()))
        desk.feed(HeadChanged(head))
        assert desk.list_ballots(Step.PREPARE)[-1].height == 2

    def test_the_own_message_coming_back_is_not_heard(self) -> None:
        desk = Desk()
        accept(desk)
        before = len(desk.effects)
        desk.feed(Received(prepare(A, desk.make_block(B))))
        assert len(desk.effects) == before


class TestWhatIsNeeded:
    """What a driver need not check the signatures of."""

    def test_each_message_of_the_height_until_it_is_here(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        for message in (propose(B, block), prepare(B, block), commit(B, block)):
            assert desk.engine.is_needed(message)
            desk.hear(message)
        assert not desk.engine.is_needed(prepare(B, block))
        assert not desk.engine.is_needed(commit(B, block))

    def test_no_prepare_beyond_the_quorum_but_every_commit(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        desk.hear(propose(B, block), prepare(B, block))
        assert desk.engine.is_needed(prepare(C, block))
        desk.hear(prepare(C, block))
        assert desk.list_ballots(Step.COMMIT)
        assert not desk.engine.is_needed(prepare(D, block))
        assert desk.engine.is_needed(commit(D, block))

    def test_whatever_contradicts_what_was_said_before(self) -> None:
        desk = Desk()
        block, other = desk.make_block(B), desk.make_block(B, NOW + 1)
        desk.hear(propose(B, block), prepare(D, other), prepare(B, block), prepare(C, block))
        assert desk.list_ballots(Step.COMMIT)
        assert desk.engine.is_needed(prepare(D, block))
        assert desk.engine.is_needed(prepare(B, other))
        assert desk.engine.is_needed(prepare(B, block, round_=1))

    def test_nothing_of_strangers_and_nothing_of_the_member_itself(self) -> None:
        desk = Desk()
        block = desk.make_block(B)
        assert not desk.engine.is_needed(prepare(7, block))
        assert not desk.engine.is_needed(prepare(A, block))

    def test_of_a_decided_height_only_the_round_change_of_who_is_stuck(self) -> None:
        desk = Desk()
        final = decide(desk)
        late = Decided(block=final.block, certificate=final.certificate)
        for message in (propose(B, final.block), prepare(D, final.block), commit(D, final.block)):
            assert not desk.engine.is_needed(message)
        assert not desk.engine.is_needed(late)
        assert desk.engine.is_needed(change_round(D, 1))
        desk.executor.commit(final.block, final.certificate)
        desk.feed(HeadChanged(desk.executor.get_head()))
        assert not desk.engine.is_needed(prepare(D, final.block))
        assert not desk.engine.is_needed(late)
        assert desk.engine.is_needed(change_round(D, 1))

    def test_what_comes_early_for_a_later_height(self) -> None:
        desk = Desk()
        ballot = make_ballot(Step.PREPARE, 0, compute_block_id(desk.make_block(B).header), height=2)
        assert desk.engine.is_needed(Ballots(vote=vote(C, ballot)))
