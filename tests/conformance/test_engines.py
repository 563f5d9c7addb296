"""What every engine must keep, whatever its rules: the same tests for each of them.

Agreement, no contradiction after a crash before any single effect, the same answers to the same
events, silence while there is no work, one block a height, and patience until `HeadChanged`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from dure.consensus.interface import (
    BlockLearned,
    Broadcast,
    BuildCandidate,
    CandidateBuilt,
    CandidateJudged,
    Draft,
    DraftSigned,
    Engine,
    Event,
    Finalize,
    Head,
    HeadChanged,
    JudgeCandidate,
    Persist,
    Received,
    Send,
    SignDraft,
    Started,
    WorkChanged,
    WorkFound,
)
from dure.consensus.pbft import PbftEngine
from dure.consensus.quorum import validate_certificate
from dure.consensus.solo import SoloEngine
from dure.core.block import Block, compute_block_id
from dure.core.certificate import Certificate
from dure.core.errors import InvalidEncoding
from dure.core.types import Instant, PublicKey
from tests.conformance.fakes import (
    CHAIN,
    Executor,
    Signer,
    make_block,
    make_genesis,
    make_validators,
    verify_many,
)

Build = Callable[[PublicKey, Head, list[bytes]], Engine[Any]]
NOW = Instant(1_000_000)


def build_solo(key: PublicKey, head: Head, journal: list[bytes]) -> Engine[Any]:
    return SoloEngine(key, CHAIN, head, journal, verify=verify_many)


def build_pbft(key: PublicKey, head: Head, journal: list[bytes]) -> Engine[Any]:
    return PbftEngine(key, CHAIN, head, journal, verify=verify_many)


@dataclass
class Member:
    """One node: its disk and signer outlive its engine."""

    key: PublicKey
    executor: Executor
    signer: Signer
    engine: Engine[Any]
    journal: list[tuple[int, bytes]] = field(default_factory=list)
    history: list[tuple[Event[Any], tuple[object, ...]]] = field(default_factory=list)
    phases: set[str] = field(default_factory=set)


def carry(engine: Engine[Any], message: object) -> object:
    """Take a message over the wire and through the door, as the driver does."""
    arrived = engine.decode_message(engine.encode_message(message))
    assert arrived == message
    assert all(verify_many(engine.collect_signatures(arrived)))
    return arrived


class Cluster:
    """Members without delays or timers; all messages arrive in order, effects can be cut off."""

    def __init__(self, build: Build, size: int, crash_at: int | None = None) -> None:
        self.build = build
        validators = make_validators(size)
        genesis = make_genesis(validators)
        self.queue: deque[tuple[int, Event[Any]]] = deque()
        self.crash_at = crash_at
        self.performed = 0
        self.sent = 0
        self.members = [
            Member(key, Executor(key, genesis), Signer(key), build(key, genesis, []))
            for key in validators.keys
        ]
        for index in range(size):
            self.queue.append((index, Started()))

    def submit(self, transaction: bytes) -> None:
        for index, member in enumerate(self.members):
            member.executor.submit(transaction)
            self.queue.append((index, WorkChanged(has_work=True)))
        self.run()

    def run(self) -> None:
        for _ in range(10_000):
            if not self.queue:
                return
            index, event = self.queue.popleft()
            member = self.members[index]
            effects = member.engine.step(event, NOW)
            member.history.append((event, effects))
            member.phases.add(member.engine.phase)
            for effect in effects:
                if self.performed == self.crash_at:
                    self.performed += 1
                    self.restart(index)
                    break
                self.performed += 1
                self.perform(index, member, effect)
        pytest.fail("the engines never come to rest")

    def restart(self, index: int) -> None:
        member = self.members[index]
        head = member.executor.get_head()
        records = [record for height, record in member.journal if height > head.header.height]
        member.engine = self.build(member.key, head, records)
        self.queue = deque(
            (to, event)
            for to, event in self.queue
            if to != index or isinstance(event, Received | WorkChanged)
        )
        self.queue.appendleft((index, Started()))

    def perform(self, index: int, member: Member, effect: object) -> None:
        match effect:
            case Persist(height, record):
                member.journal.append((height, record))
            case SignDraft(draft):
                self.queue.append((index, self.sign(member, draft)))
            case Broadcast(message):
                self.sent += 1
                for other in range(len(self.members)):
                    if other != index:
                        self.queue.append((other, Received(carry(member.engine, message))))
            case Send(to, message):
                keys = [other.key for other in self.members]
                self.queue.append((keys.index(to), Received(carry(member.engine, message))))
            case BuildCandidate(_, height, round_, time):
                block = member.executor.build(time)
                self.queue.append((index, CandidateBuilt(height, round_, block)))
            case JudgeCandidate(block):
                block_id, valid = compute_block_id(block.header), member.executor.judge(block)
                judged = CandidateJudged(block.header.height, block_id, valid=valid)
                self.queue.append((index, judged))
            case Finalize(block, certificate):
                self.finalize(index, member, block, certificate)
            case _:
                pass

    @staticmethod
    def sign(member: Member, draft: Draft) -> DraftSigned:
        place = (draft.height, draft.round, draft.step)
        return DraftSigned(draft, member.signer.sign(place, draft.message))

    def finalize(self, index: int, member: Member, block: Block, certificate: Certificate) -> None:
        validators = member.executor.head.validators
        validate_certificate(block.header, certificate, validators, verify=verify_many)
        member.executor.commit(block, certificate)
        self.queue.append((index, HeadChanged(member.executor.get_head())))

    def list_chains(self) -> list[list[bytes]]:
        return [
            [compute_block_id(block.header) for block, _ in member.executor.chain]
            for member in self.members
        ]


ENGINES = [
    pytest.param(build_solo, 1, id="solo"),
    pytest.param(build_pbft, 1, id="pbft-alone"),
    pytest.param(build_pbft, 4, id="pbft"),
    pytest.param(build_pbft, 7, id="pbft-of-seven"),
]
engines = pytest.mark.parametrize(("build", "size"), ENGINES)


@engines
def test_all_members_agree_on_every_block(build: Build, size: int) -> None:
    cluster = Cluster(build, size)
    for number in range(5):
        cluster.submit(b"tx %d" % number)
    chains = cluster.list_chains()
    assert len(chains[0]) == 5
    assert all(chain == chains[0] for chain in chains)


@engines
def test_nothing_is_built_or_sent_without_work(build: Build, size: int) -> None:
    cluster = Cluster(build, size)
    cluster.run()
    assert cluster.performed == 0
    cluster.submit(b"tx")
    sent = cluster.sent
    cluster.run()
    assert cluster.sent == sent
    assert all(len(chain) == 1 for chain in cluster.list_chains())


def count_effects(build: Build, size: int) -> int:
    cluster = Cluster(build, size)
    cluster.submit(b"tx")
    return cluster.performed


@engines
def test_no_contradiction_after_a_crash_before_any_effect(build: Build, size: int) -> None:
    """The signer of the fakes raises where a member would contradict itself or go back."""
    for crash_at in range(count_effects(build, size)):
        cluster = Cluster(build, size, crash_at)
        cluster.submit(b"tx")
        cluster.submit(b"another")
        chains = cluster.list_chains()
        longest = max(chains, key=len)
        assert all(chain == longest[: len(chain)] for chain in chains)
        assert len(longest) >= 1, f"stuck after a crash before effect {crash_at}"


@engines
def test_the_same_events_give_the_same_effects(build: Build, size: int) -> None:
    cluster = Cluster(build, size)
    cluster.submit(b"tx")
    cluster.submit(b"another")
    for member in cluster.members:
        engine = build(member.key, make_genesis(make_validators(size)), [])
        replayed = [engine.step(event, NOW) for event, _ in member.history]
        assert replayed == [effects for _, effects in member.history]


@engines
def test_a_learned_block_is_finalized_once_and_only_with_its_certificate(
    build: Build, size: int
) -> None:
    cluster = Cluster(build, size)
    cluster.submit(b"tx")
    block, certificate = cluster.members[0].executor.chain[0]
    validators = make_validators(size)
    follower = build(validators.keys[0], make_genesis(validators), [])
    stripped = Certificate(round=certificate.round, seals=certificate.seals[1:])
    other_body = Block(header=block.header, transactions=(b"another body",))
    assert follower.step(BlockLearned(block, stripped), NOW) == ()
    assert follower.step(BlockLearned(other_body, certificate), NOW) == ()
    assert follower.step(BlockLearned(block, certificate), NOW) == (Finalize(block, certificate),)
    assert follower.step(BlockLearned(block, certificate), NOW) == ()


@engines
def test_only_head_changed_opens_the_next_height(build: Build, size: int) -> None:
    cluster = Cluster(build, size)
    cluster.submit(b"tx")
    block, certificate = cluster.members[0].executor.chain[0]
    validators = make_validators(size)
    engine = build(validators.keys[0], make_genesis(validators), [])
    engine.step(BlockLearned(block, certificate), NOW)
    assert engine.step(WorkChanged(has_work=True), NOW) == ()
    assert "height 1" in engine.describe()
    engine.step(HeadChanged(cluster.members[0].executor.get_head()), NOW)
    assert "height 2" in engine.describe()


@engines
def test_an_engine_stands_in_one_of_a_few_phases_whatever_the_height(
    build: Build, size: int
) -> None:
    cluster = Cluster(build, size)
    cluster.submit(b"tx")
    seen = [set(member.phases) for member in cluster.members]
    assert all("idle" in phases and len(phases) > 2 for phases in seen)
    for number in range(2 * size):
        cluster.submit(b"more %d" % number)
    everything = set().union(*(member.phases for member in cluster.members))
    assert everything == set().union(*seen)
    assert len(everything) <= 12


@engines
def test_a_follower_without_a_vote_signs_nothing(build: Build, size: int) -> None:
    stranger = PublicKey(b"\xff" * 32)
    engine = build(stranger, make_genesis(make_validators(size)), [])
    effects = (*engine.step(Started(), NOW), *engine.step(WorkChanged(has_work=True), NOW))
    assert effects == ()


@engines
@pytest.mark.parametrize("data", [b"", b"\xc0", b"\x90" * 100, b"\xff" * 1000])
def test_garbage_is_refused_at_the_door(build: Build, size: int, data: bytes) -> None:
    validators = make_validators(size)
    engine = build(validators.keys[0], make_genesis(validators), [])
    with pytest.raises(InvalidEncoding):
        engine.decode_message(data)


@engines
def test_work_that_nobody_asked_for_changes_nothing(build: Build, size: int) -> None:
    validators = make_validators(size)
    engine = build(validators.keys[0], make_genesis(validators), [])
    block = make_block(make_genesis(validators), 5, validators.keys[0], (b"tx",))
    assert engine.step(WorkFound(block), NOW) == ()
