"""Lies of speech: to say nothing, to say two things, to say it to some, to say it again and again.

The words themselves are true ones, or the liar's own to give.
"""

from typing import ClassVar, Final

from msgspec.structs import replace

from dure.consensus.pbft.messages import Ballot, Ballots, Message, Proposal, Step
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal
from dure.core.codec import encode
from dure.core.types import BlockId, Height, Instant, PublicKey, Round, Signature
from dure.node.messages import BLOCKS_MAX, Blocks, CertifiedBlock, GetBlocks, Gossip
from dure.testing.simulation.liars.liar import Habit, Liar, Speech
from dure.testing.simulation.ports.frames import wrap

REPLAYED: Final = 5
"""Old frames repeated in one go."""
SPAMMED: Final = 2
"""Messages of one burst of spam."""
FLOOD: Final = 400
"""Votes of the one flood: more than all the votes that a small network's member keeps."""
SPAM_BYTES: Final = 100_000
FAR: Final = (1, 2, 9, 11, 1_000, 2**40)
"""How many heights or rounds ahead spam lies."""


class Silent(Habit):
    """Says nothing of what the protocol asks for."""

    name: ClassVar[str] = "silent"

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        self.tell()
        return []


class Withholding(Habit):
    """Tells some and not others, anew with each message."""

    name: ClassVar[str] = "withholding"

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        if message is None or len(speech) < 2:
            return speech
        self.tell()
        random = self.liar.random
        return random.sample(speech, random.randint(1, len(speech) - 1))


class EquivocatingProposer(Habit):
    """Proposes two blocks: one half is shown the one, the other half the other, some both."""

    name: ClassVar[str] = "equivocating_proposer"

    def twist(self, speech: Speech, message: Message | None) -> Speech:
        liar = self.liar
        if not isinstance(message, Proposal):
            return speech
        block = liar.build_block(not_before=message.block.header.time + 1)
        if block is None or block.header.height != message.vote.ballot.height:
            return speech
        ballot = liar.build_ballot(Step.PROPOSAL, block, message.vote.ballot.round)
        twin = Proposal(
            vote=liar.build_vote(ballot),
            block=block,
            round_changes=message.round_changes,
            prepares=message.prepares,
        )
        self.tell()
        liar.seen.append(twin)
        return self._share_out(speech, wrap(twin))

    def _share_out(self, speech: Speech, twin: bytes) -> Speech:
        shared: Speech = []
        for number, (target, frame) in enumerate(speech):
            both = [(target, frame), (target, twin)]
            if number % 2:
                both.reverse()
            shared += both[: self.liar.random.randint(1, 2)]
        return shared


class EquivocatingVoter(Habit):
    """Votes, in both steps, for every block that it has seen proposed, each time to somebody."""

    name: ClassVar[str] = "equivocating_voter"

    def add(self, message: Message | None) -> None:
        if message is None:
            return
        liar = self.liar
        proposals = [seen for seen in liar.seen if isinstance(seen, Proposal)][-4:]
        for proposal in proposals:
            if proposal.vote.ballot.height != liar.height:
                continue
            for step in (Step.PREPARE, Step.COMMIT):
                round_ = proposal.vote.ballot.round
                ballot = liar.build_ballot(step, proposal.block, round_)
                targets = liar.random.sample(liar.others, min(2, len(liar.others)))
                liar.say(Ballots(vote=liar.build_vote(ballot)), targets)
                self.tell()


class Replay(Habit):
    """Repeats old frames, its own and the others', to everybody."""

    name: ClassVar[str] = "replay"

    def add(self, message: Message | None) -> None:
        liar = self.liar
        if message is None or not liar.frames:
            return
        count = min(REPLAYED, len(liar.frames))
        for frame in liar.random.sample(liar.frames, count):
            liar.say_frame(frame)
        self.tell(lies=count)


class Spam(Habit):
    """Floods: votes far ahead in heights and rounds, heavy frames, claims of enormous heights."""

    name: ClassVar[str] = "spam"

    def __init__(self, liar: Liar) -> None:
        super().__init__(liar)
        self._flooded = False

    def add(self, message: Message | None) -> None:
        liar, random = self.liar, self.liar.random
        target = [random.choice(liar.others)] if liar.others else []
        for _ in range(SPAMMED):
            self._vote_far_ahead()
        if not self._flooded and target:
            self._flooded = True
            self._flood(target)
        if random.random() < 0.1:
            liar.say_frame(encode(Gossip(envelopes=(random.randbytes(SPAM_BYTES),))), target)
        liar.claim_height(liar.height + random.choice(FAR), target)
        self.tell(lies=SPAMMED + 1)

    def _flood(self, target: list[PublicKey]) -> None:
        """Once, send one member more votes than it may keep: of one height, or of many."""
        liar, spread = self.liar, self.liar.random.random() < 0.5
        for number in range(FLOOD):
            ballot = Ballot(
                step=Step.COMMIT,
                height=Height(liar.height + (number if spread else 0)),
                round=Round(0 if spread else number),
                block_id=BlockId(bytes(32)),
                prepared_round=None,
            )
            liar.say(Ballots(vote=liar.build_vote(ballot)), target)
        self.tell(lies=FLOOD)

    def _vote_far_ahead(self) -> None:
        liar, random = self.liar, self.liar.random
        ballot = Ballot(
            step=random.choice((Step.PREPARE, Step.COMMIT)),
            height=Height(liar.height + random.choice((0, *FAR))),
            round=Round(random.choice((0, *FAR))),
            block_id=BlockId(random.randbytes(32)),
            prepared_round=None,
        )
        liar.say(Ballots(vote=liar.build_vote(ballot)))


class LyingSyncServer(Habit):
    """Claims heights that are not there, and serves forged, shifted or no blocks."""

    name: ClassVar[str] = "lying_sync_server"

    def add(self, message: Message | None) -> None:
        if message is None:
            liar = self.liar
            liar.claim_height(liar.height + liar.random.randint(0, 3))
            self.tell()

    def answer(self, question: GetBlocks) -> Blocks | None:
        self.tell()
        lies = (
            self._serve_altered,
            self._serve_altered,
            self._serve_forged,
            self._serve_shifted,
            self._serve_nothing,
        )
        return self.liar.random.choice(lies)(question)

    def _serve_altered(self, question: GetBlocks) -> Blocks:
        """Serve the right block with another time, under the certificate of the true one."""
        stored = self.liar.load_block(question.start)
        if stored is None or not stored.block.transactions:
            return self._serve_nothing(question)
        header = replace(stored.block.header, time=Instant(stored.block.header.time + 1))
        block = Block(header=header, transactions=stored.block.transactions)
        item = CertifiedBlock(block, stored.certificate)
        return Blocks(start=question.start, items=(item,))

    def _serve_forged(self, question: GetBlocks) -> Blocks:
        """Serve a block of its own, under its own signature in everybody's name."""
        block = self.liar.build_block()
        if block is None:
            return self._serve_nothing(question)
        signature = Signature(self.liar.sign_anything(compute_block_id(block.header)))
        seals = tuple(Seal(validator=key, signature=signature) for key in self.liar.members)
        forged = CertifiedBlock(block, Certificate(round=Round(0), seals=seals))
        return Blocks(start=question.start, items=(forged,))

    def _serve_shifted(self, question: GetBlocks) -> Blocks:
        """Serve the last proposals, that nobody may have decided, with a certificate of another."""
        proposals = [seen for seen in self.liar.seen if isinstance(seen, Proposal)]
        commits = [
            Seal(validator=seen.vote.validator, signature=seen.vote.signature)
            for seen in self.liar.seen
            if isinstance(seen, Ballots) and seen.vote.ballot.step is Step.COMMIT
        ]
        unique = {seal.validator: seal for seal in commits}
        seals = tuple(unique[key] for key in sorted(unique))
        items = tuple(
            CertifiedBlock(seen.block, Certificate(round=Round(0), seals=seals))
            for seen in proposals[-BLOCKS_MAX:]
        )
        return Blocks(start=question.start, items=items)

    @staticmethod
    def _serve_nothing(question: GetBlocks) -> Blocks:
        return Blocks(start=question.start, items=())
