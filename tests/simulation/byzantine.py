"""Members that lie. Each gets what its engine would say and says something else.

They sign whatever they like with their own key, and repeat whatever they have seen; they cannot
sign for others. Whatever they send takes the way over bytes: encoded, decoded, its signatures
checked, as the driver does it.
"""

from dataclasses import dataclass, field

from dure.consensus.interface import Broadcast, Effect, Send
from dure.consensus.pbft import Message
from dure.consensus.pbft.messages import (
    Ballot,
    Ballots,
    Decided,
    Proposal,
    RoundChange,
    Step,
    Vote,
    compute_ballot_message,
    decode_message,
)
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate, Seal
from dure.core.codec import encode
from dure.core.errors import InvalidEncoding
from dure.core.types import BlockId, Round
from tests.simulation.fakes import CHAIN, make_block, sign
from tests.simulation.network import Network, Node

SEEN_MAX = 200
BLOCK_BYTES_MAX = 1_000_000


@dataclass(slots=True)
class Liar:
    """A Byzantine member; subclasses decide what to say instead of `message`."""

    network: Network
    seen: list[Proposal | Ballots | RoundChange] = field(default_factory=list)

    def perform(self, node: Node, effect: Effect[Message]) -> None:
        assert isinstance(effect, Send | Broadcast)
        self.speak(node, effect.message)

    def overhear(self, event: object) -> None:
        """Remember what was received, to repeat it or to stitch lies from it."""
        message = getattr(event, "message", None)
        if isinstance(message, Proposal | Ballots | RoundChange):
            self.seen = [*self.seen[-SEEN_MAX:], message]

    def speak(self, node: Node, message: Message) -> None:
        raise NotImplementedError

    def send(self, node: Node, target: Node, message: Message) -> None:
        try:
            decoded = decode_message(encode(message), block_bytes_max=BLOCK_BYTES_MAX)
        except InvalidEncoding:
            return
        self.network.transmit(node, target, decoded)

    def send_all(self, node: Node, message: Message) -> None:
        for target in self.network.nodes:
            self.send(node, target, message)


def cast_vote(node: Node, ballot: Ballot) -> Vote:
    signature = sign(node.key, compute_ballot_message(CHAIN, ballot))
    return Vote(ballot=ballot, validator=node.key, signature=signature)


class Silent(Liar):
    """Says nothing."""

    def speak(self, node: Node, message: Message) -> None:
        pass


class Equivocator(Liar):
    """Proposes two blocks to two halves, and votes for whatever it is shown, to each half."""

    def speak(self, node: Node, message: Message) -> None:
        if isinstance(message, Proposal) and message.block.header.height == node.height + 1:
            self._propose_twice(node, message)
        else:
            self.send_all(node, message)
        self._vote_for_all(node)

    def _propose_twice(self, node: Node, message: Proposal) -> None:
        header = message.block.header
        other = make_block(
            node.executor.head, header.time + 1, node.key, message.block.transactions
        )
        ballot = replace_block(message.vote.ballot, other)
        twin = Proposal(
            vote=cast_vote(node, ballot),
            block=other,
            round_changes=message.round_changes,
            prepares=message.prepares,
        )
        self.seen.append(twin)
        self.seen.append(message)
        for target in self.network.nodes:
            both = (message, twin) if target.index % 2 else (twin, message)
            for proposal in both[: self.network.random.randint(1, 2)]:
                self.send(node, target, proposal)

    def _vote_for_all(self, node: Node) -> None:
        for message in self.seen[-4:]:
            place = message.vote.ballot
            if place.block_id is None or place.height <= node.height:
                continue
            for step in (Step.PREPARE, Step.COMMIT):
                ballot = Ballot(
                    step=step,
                    height=place.height,
                    round=place.round,
                    block_id=place.block_id,
                    prepared_round=None,
                )
                target = self.network.random.choice(self.network.nodes)
                self.send(node, target, Ballots(vote=cast_vote(node, ballot)))


def replace_block(ballot: Ballot, block: Block) -> Ballot:
    return Ballot(
        step=ballot.step,
        height=ballot.height,
        round=ballot.round,
        block_id=compute_block_id(block.header),
        prepared_round=ballot.prepared_round,
    )


class Forger(Liar):
    """Follows the protocol and adds forged certificates, claims, blocks, and old messages."""

    def speak(self, node: Node, message: Message) -> None:
        if isinstance(message, RoundChange):
            if self.network.random.random() < 0.5:
                self._claim_own_block(node, message.vote.ballot.round)
                return
            self._propose_freely(node)
        self.send_all(node, message)
        lies = (
            self._claim,
            self._forge_decision,
            self._stitch_certificate,
            self._replay,
            self._propose_freely,
        )
        self.network.random.choice(lies)(node)

    def _claim(self, node: Node) -> None:
        """Claim in a round change that a block was prepared, with the wrong proof."""
        proposals = [seen for seen in self.seen if isinstance(seen, Proposal)]
        if not proposals:
            return
        proposal = proposals[-1]
        place = proposal.vote.ballot
        ahead = Round(place.round + self.network.random.choice((1, 2, 1_000)))
        ballot = Ballot(
            step=Step.ROUND_CHANGE,
            height=place.height,
            round=ahead,
            block_id=place.block_id,
            prepared_round=place.round,
        )
        prepares = [
            seen.vote
            for seen in self.seen
            if isinstance(seen, Ballots)
            and seen.vote.ballot.step is Step.PREPARE
            and seen.vote.ballot.height == place.height
        ]
        unique = {vote.validator: vote for vote in prepares}
        votes = tuple(sorted(unique.values(), key=lambda vote: vote.validator))
        change = RoundChange(vote=cast_vote(node, ballot), prepares=votes, block=proposal.block)
        self.send_all(node, change)

    def _own_block(self, node: Node) -> Block:
        """Return a block that differs from every other's; valid where transactions wait."""
        transactions = tuple(node.executor.waiting)[:1] or (b"stolen money",)
        time = node.executor.head.header.time + 1
        return make_block(node.executor.head, time, node.key, transactions)

    def _claim_own_block(self, node: Node, target: Round) -> None:
        """Claim that a block of one's own was prepared just before, by one's own prepare alone."""
        block = self._own_block(node)
        prepare = Ballot(
            step=Step.PREPARE,
            height=block.header.height,
            round=Round(target - 1),
            block_id=compute_block_id(block.header),
            prepared_round=None,
        )
        change = Ballot(
            step=Step.ROUND_CHANGE,
            height=block.header.height,
            round=target,
            block_id=prepare.block_id,
            prepared_round=prepare.round,
        )
        lie = RoundChange(
            vote=cast_vote(node, change), prepares=(cast_vote(node, prepare),), block=block
        )
        self.send_all(node, lie)

    def _forge_decision(self, node: Node) -> None:
        """Seal an invalid block alone, and sign for the others with the own key."""
        block = self._own_block(node)
        ballot = Ballot(
            step=Step.COMMIT,
            height=block.header.height,
            round=Round(0),
            block_id=compute_block_id(block.header),
            prepared_round=None,
        )
        own = cast_vote(node, ballot).signature
        keys = [other.key for other in self.network.nodes]
        for sealers in (keys, [node.key], [node.key] * len(keys)):
            seals = tuple(Seal(validator=key, signature=own) for key in sealers)
            certificate = Certificate(round=Round(0), seals=seals)
            self.send_all(node, Decided(block=block, certificate=certificate))

    def serve_forged(self, asker: Node) -> tuple[Block, Certificate]:
        """Answer block sync with a block of one's own, under signatures of nobody."""
        block = self._own_block(asker)
        seals = tuple(
            Seal(validator=other.key, signature=sign(other.key, b"nothing"))
            for other in self.network.nodes
        )
        return block, Certificate(round=Round(0), seals=seals)

    def _stitch_certificate(self, node: Node) -> None:
        """Put seals of several rounds for one block into one certificate."""
        blocks = {
            seen.vote.ballot.block_id: seen.block
            for seen in self.seen
            if isinstance(seen, Proposal)
        }
        seals: dict[BlockId | None, dict[bytes, Vote]] = {}
        for seen in self.seen:
            if isinstance(seen, Ballots) and seen.vote.ballot.step is Step.COMMIT:
                votes = seals.setdefault(seen.vote.ballot.block_id, {})
                votes[seen.vote.validator] = seen.vote
        for block_id, votes in seals.items():
            block = blocks.get(block_id)
            if block is None:
                continue
            stitched = tuple(
                Seal(validator=vote.validator, signature=vote.signature)
                for _, vote in sorted(votes.items())
            )
            certificate = Certificate(round=next(iter(votes.values())).ballot.round, seals=stitched)
            self.send_all(node, Decided(block=block, certificate=certificate))

    def _replay(self, node: Node) -> None:
        for message in self.network.random.sample(self.seen, min(5, len(self.seen))):
            self.send_all(node, message)

    def _propose_freely(self, node: Node) -> None:
        """Propose a block of one's own, out of turn and in later rounds without a reason."""
        block = self._own_block(node)
        for round_ in range(3):
            ballot = Ballot(
                step=Step.PROPOSAL,
                height=block.header.height,
                round=Round(round_),
                block_id=compute_block_id(block.header),
                prepared_round=None,
            )
            changes = [
                seen.vote
                for seen in self.seen
                if isinstance(seen, RoundChange) and seen.vote.ballot.round == round_
            ]
            unique = {vote.validator: vote for vote in changes}
            votes = tuple(sorted(unique.values(), key=lambda vote: vote.validator))
            proposal = Proposal(
                vote=cast_vote(node, ballot), block=block, round_changes=votes, prepares=()
            )
            self.send_all(node, proposal)


LIARS: tuple[type[Liar], ...] = (Silent, Equivocator, Forger)
