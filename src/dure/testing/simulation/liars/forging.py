"""Lies of matter: blocks that are wrong, certificates of nothing, claims that nothing proves.

Only the own key signs; the rest is stitched together from what others signed for something else.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from msgspec.structs import replace

from dure.consensus.pbft.messages import (
    Decided,
    Message,
    Proposal,
    RoundChange,
    Step,
    Vote,
    sort_votes,
)
from dure.core.block import Block, Header, compute_block_id, compute_transaction_root
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.types import BlockId, Hash, Height, Instant, Round, Signature
from dure.testing.simulation.liars.liar import Habit, Speech
from dure.testing.simulation.ports.frames import wrap

ROUNDS_AHEAD: Final = (1, 1, 2, 1_000)
HONEST: Final = 0.3
"""Chance that a forger lets its own word pass."""
IMPATIENCE: Final = 0.05
"""Chance that a forger lies before a lie may do harm."""
FUTURE_MS: Final = 30_000
"""How far ahead of time a block is: its transactions are still valid then."""
OUT_OF_PLACE: Final = 0.1
"""Chance of a claim that takes the liar away from the round of the others."""


class Forger(Habit):
    """What the forging habits share: blocks that nobody else would make, and collected votes."""

    def make_block(self) -> Block:
        """Return a block that differs from everybody's: valid where transactions wait."""
        built = self.liar.build_block()
        return built or self.make_invalid_block()

    def is_time(self) -> bool:
        """Say whether a lie may do harm now: a block of this height may be decided somewhere.

        A liar that never lets a height come so far only delays it. It is not always so patient.
        """
        return bool(self.collect(Step.COMMIT, self.liar.height)) or self.happens(IMPATIENCE)

    def happens(self, chance: float) -> bool:
        """Draw from the liar's own chance."""
        return self.liar.random.random() < chance

    def make_invalid_block(self) -> Block:
        """Return a well-formed block on the head that no ledger accepts."""
        liar = self.liar
        head = liar.executor.head.header
        transactions = (liar.random.randbytes(40),)
        header = replace(
            head,
            height=Height(head.height + 1),
            time=Instant(head.time + 1),
            previous=liar.executor.head.block_id,
            transaction_root=compute_transaction_root(transactions),
            state_root=Hash(liar.random.randbytes(32)),
            validators_root=head.next_validators_root,
            proposer=liar.key,
        )
        return Block(header=header, transactions=transactions)

    def collect(self, step: Step, height: int) -> list[Vote]:
        """Return the votes of one step that were seen for a height, oldest first."""
        votes = [seen.vote for seen in self.liar.seen]
        return [v for v in votes if (v.ballot.step, v.ballot.height) == (step, height)]

    def list_proposals(self) -> list[Proposal]:
        """Return the proposals seen for the height being decided."""
        seen = [each for each in self.liar.seen if isinstance(each, Proposal)]
        return [each for each in seen if each.vote.ballot.height == self.liar.height]


class InvalidBlocks(Forger):
    """Proposes, when it is its turn, blocks that break a rule of the ledger or of time."""

    name: ClassVar[str] = "invalid_blocks"

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        if not isinstance(message, Proposal):
            return speech
        block = self._spoil(message.block)
        ballot = self.liar.build_ballot(Step.PROPOSAL, block, message.vote.ballot.round)
        lie = replace(message, vote=self.liar.build_vote(ballot), block=block)
        self.tell()
        return [(target, wrap(lie)) for target, _ in speech]

    def _spoil(self, block: Block) -> Block:
        header, random = block.header, self.liar.random
        noise = Hash(random.randbytes(32))
        spoiled: tuple[Header, ...] = (
            replace(header, state_root=noise),
            replace(header, receipt_root=noise),
            replace(header, next_validators_root=noise),
            replace(header, previous=BlockId(noise)),
            replace(header, time=Instant(1)),
        )
        if self.happens(0.3):
            return self.make_invalid_block()
        if self.happens(0.5):
            # Right in all but its time, which no ledger knows to be wrong.
            ahead = replace(header, time=Instant(header.time + FUTURE_MS))
            return Block(header=ahead, transactions=block.transactions)
        return Block(header=random.choice(spoiled), transactions=block.transactions)


class ForgedCertificates(Forger):
    """Claims prepared and decided blocks under signatures that prove nothing of the kind."""

    name: ClassVar[str] = "forged_certificates"

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        lie: Message
        match message:
            case RoundChange(vote=vote):
                lie = self._claim_own_block(vote.ballot.round)
            case Proposal(vote=vote) if vote.ballot.round > 0:
                lie = self._justify_own_block(message)
            case _:
                return speech
        if self.happens(HONEST):
            return speech
        self.tell()
        return [(target, wrap(lie)) for target, _ in speech]

    def add(self, message: Message | None) -> None:
        if message is None or not self.is_time():
            return
        self.tell()
        if self.happens(OUT_OF_PLACE):
            self._claim_seen_block()
        else:
            self._forge_decision()

    def _claim_own_block(self, target: int) -> RoundChange:
        """Claim that a block of its own was prepared just before, by its own prepare alone."""
        liar, block = self.liar, self.make_block()
        prepare = liar.build_ballot(Step.PREPARE, block, max(0, target - 1))
        change = liar.build_ballot(Step.ROUND_CHANGE, block, max(1, target), max(0, target - 1))
        return RoundChange(
            vote=liar.build_vote(change), prepares=(liar.build_vote(prepare),), block=block
        )

    def _justify_own_block(self, honest: Proposal) -> Proposal:
        """Propose a block of its own, bound by a claim of its own among the others' true ones."""
        liar, round_ = self.liar, honest.vote.ballot.round
        claim = self._claim_own_block(round_)
        assert claim.block is not None, "a claim comes with its block"
        shown = {vote.validator: vote for vote in honest.round_changes}
        shown[liar.key] = claim.vote
        return Proposal(
            vote=liar.build_vote(liar.build_ballot(Step.PROPOSAL, claim.block, round_)),
            block=claim.block,
            round_changes=_one_each(shown.values()),
            prepares=claim.prepares,
        )

    def _claim_seen_block(self) -> None:
        """Claim in a round change that a seen block was prepared, with the wrong proof."""
        liar, proposals = self.liar, self.list_proposals()
        if not proposals:
            return
        block, round_ = proposals[-1].block, proposals[-1].vote.ballot.round
        ahead = round_ + liar.random.choice(ROUNDS_AHEAD)
        ballot = liar.build_ballot(Step.ROUND_CHANGE, block, ahead, round_)
        votes = _one_each(self.collect(Step.PREPARE, liar.height))
        if votes:
            lie = RoundChange(vote=liar.build_vote(ballot), prepares=votes, block=block)
            liar.say(lie)

    def _forge_decision(self) -> None:
        """Seal a block alone, and put its own signature under everybody's name."""
        liar, block = self.liar, self.make_block()
        own = _seal(self, block, Round(0))
        for keys in (liar.members, (liar.key,), (liar.key,) * len(liar.members)):
            seals = tuple(Seal(validator=key, signature=own.signature) for key in keys)
            liar.say(Decided(block=block, certificate=Certificate(round=Round(0), seals=seals)))


class StitchedCertificates(Forger):
    """Puts seals of several rounds, and prepares of several rounds, into one certificate."""

    name: ClassVar[str] = "stale_certificates"

    def add(self, message: Message | None) -> None:
        if message is None:
            return
        for proposal in self.list_proposals()[-2:]:
            self._stitch_seals(proposal.block)
            if self.happens(OUT_OF_PLACE):
                self._stitch_prepares(proposal)

    def _stitch_seals(self, block: Block) -> None:
        liar, block_id = self.liar, compute_block_id(block.header)
        commits = [
            vote
            for vote in self.collect(Step.COMMIT, liar.height)
            if vote.ballot.block_id == block_id
        ]
        if not commits:
            return
        round_ = liar.random.choice(commits).ballot.round
        seals = {vote.validator: Seal(vote.validator, vote.signature) for vote in commits}
        seals[liar.key] = _seal(self, block, round_)
        stitched = tuple(seals[key] for key in sorted(seals))
        liar.say(Decided(block=block, certificate=Certificate(round=round_, seals=stitched)))
        self.tell()

    def _stitch_prepares(self, proposal: Proposal) -> None:
        liar = self.liar
        block_id = proposal.vote.ballot.block_id
        prepares = [
            vote
            for vote in self.collect(Step.PREPARE, liar.height)
            if vote.ballot.block_id == block_id
        ]
        if not prepares:
            return
        newest = max(vote.ballot.round for vote in prepares)
        ballot = liar.build_ballot(Step.ROUND_CHANGE, proposal.block, newest + 1, newest)
        votes = _one_each(prepares)
        lie = RoundChange(vote=liar.build_vote(ballot), prepares=votes, block=proposal.block)
        liar.say(lie)
        self.tell()


class Usurper(Forger):
    """Proposes out of turn, and in later rounds without a reason, or with somebody else's."""

    name: ClassVar[str] = "usurper"

    def add(self, message: Message | None) -> None:
        if message is None or not self.is_time():
            return
        liar, block = self.liar, self.make_block()
        changes = self.collect(Step.ROUND_CHANGE, liar.height)
        latest = max((vote.ballot.round for vote in changes), default=0)
        for round_ in range(latest + 3):
            if round_ + 1 < latest:
                continue
            ballot = liar.build_ballot(Step.PROPOSAL, block, round_)
            shown = _one_each(vote for vote in changes if vote.ballot.round == round_)
            lie = Proposal(
                vote=liar.build_vote(ballot), block=block, round_changes=shown, prepares=()
            )
            liar.say(lie)
            self.tell()


def _one_each(votes: Iterable[Vote]) -> tuple[Vote, ...]:
    return sort_votes(list({vote.validator: vote for vote in votes}.values()))


def _seal(habit: Habit, block: Block, round_: Round) -> Seal:
    statement = SealStatement(
        chain_id=block.header.chain_id,
        height=block.header.height,
        round=round_,
        block_id=compute_block_id(block.header),
    )
    signature = Signature(habit.liar.sign_anything(compute_seal_message(statement)))
    return Seal(validator=habit.liar.key, signature=signature)
