"""Whoever is fed lies by one peer catches up from the others, and names the liar."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.types import BlockId, Hash, Height, Instant, Round
from dure.node import messages
from dure.node.catching_up import SyncSettings
from dure.node.messages import (
    Blocks,
    CertifiedBlock,
    ChunkAnswer,
    GetBlocks,
    History,
    SnapshotOffer,
)
from dure.testing.simulation import Simulation
from tests.unit.node.catching_up.growing import (
    BY_STATE,
    BY_STATE_AND_BACK,
    LATE,
    allow_blame,
    begin,
    cut_small,
    get_stored,
    grow,
    is_level,
    leave_behind,
    list_blamed,
    twist,
)

LIAR = 1
Change = Callable[[CertifiedBlock], CertifiedBlock]


def lag(seed: int, blocks: int = 30) -> Simulation:
    """Return a network of which one member was away and another lies."""
    simulation = begin(seed)
    simulation.crash(LATE)
    grow(simulation, blocks)
    simulation.run_for(1_000)
    allow_blame(simulation, LIAR)
    return simulation


def return_and_level(simulation: Simulation, limit_ms: int = 60_000) -> int:
    """Bring the late one back; return how long it took it to be level."""
    started = simulation.scheduler.now_ms
    simulation.restart(LATE)
    simulation.run_until(lambda: is_level(simulation), limit_ms)
    return simulation.scheduler.now_ms - started


def silence_others(simulation: Simulation, milliseconds: int) -> None:
    """Have the liar alone answer for a while, so that it is surely asked."""
    until = simulation.scheduler.now_ms + milliseconds

    def wait(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        is_answer = isinstance(said, Blocks | ChunkAnswer | SnapshotOffer | History)
        return [] if is_answer and simulation.scheduler.now_ms < until else [said]

    for honest in (0, 2):
        twist(simulation, honest, wait)


def change_header(item: CertifiedBlock, **changes: object) -> CertifiedBlock:
    header = replace(item.block.header, **changes)
    return replace(item, block=replace(item.block, header=header))


BAD_BLOCKS: dict[str, Change] = {
    "no seals": lambda item: replace(item, certificate=Certificate(Round(0), ())),
    "another round": lambda item: replace(
        item, certificate=replace(item.certificate, round=Round(item.certificate.round + 7))
    ),
    "too few seals": lambda item: replace(
        item, certificate=replace(item.certificate, seals=item.certificate.seals[:2])
    ),
    "foreign body": lambda item: replace(item, block=replace(item.block, transactions=())),
    "another state": lambda item: change_header(item, state_root=Hash(bytes(32))),
    "another parent": lambda item: change_header(item, previous=BlockId(bytes(32))),
    "other validators": lambda item: change_header(item, validators_root=Hash(bytes(32))),
    "another time": lambda item: change_header(item, time=Instant(1)),
    "another chain": lambda item: change_header(item, chain_id=bytes(32)),
}


@pytest.mark.parametrize("kind", BAD_BLOCKS)
def test_bad_blocks_are_named_and_come_from_others(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    simulation = lag(31)

    def spoil(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        if isinstance(said, Blocks):
            said = replace(said, items=tuple(map(BAD_BLOCKS[kind], said.items)))
        return [said]

    twist(simulation, LIAR, spoil)
    silence_others(simulation, 3_000)
    return_and_level(simulation)
    grow(simulation, 2, LATE)
    said = [line for line in capsys.readouterr().out.splitlines() if "peer_lied" in line]
    assert said
    assert all(simulation.nodes[LIAR].key.public.hex()[:8] in line for line in said)
    assert list_blamed(simulation) <= {LIAR}


ANSWERS: dict[str, Callable[[Blocks], list[messages.PeerMessage]]] = {
    "none": lambda said: [replace(said, items=())],
    "only the first": lambda said: [replace(said, items=said.items[:1])],
    "without the first": lambda said: [replace(said, items=said.items[1:])],
    "in reverse": lambda said: [replace(said, items=said.items[::-1])],
    "of another height": lambda said: [replace(said, start=said.start + 1)],
    "twice": lambda said: [said, said],
    "never": lambda _: [],
    "all the same": lambda said: [replace(said, items=said.items[:1] * 64)],
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_wrong_answers_delay_nobody_for_long(kind: str) -> None:
    simulation = lag(32)
    twist(
        simulation, LIAR, lambda said: ANSWERS[kind](said) if isinstance(said, Blocks) else [said]
    )
    assert return_and_level(simulation) < 10_000
    assert list_blamed(simulation) <= {LIAR}


def test_who_lies_again_and_again_is_disconnected() -> None:
    simulation = lag(33)
    for honest in (0, 2):
        twist(simulation, honest, lambda said: [] if isinstance(said, Blocks) else [said])
    carry = simulation.links.carry
    twist(simulation, LIAR, lambda said: [_empty(said)])
    simulation.restart(LATE)
    simulation.run_until(lambda: list_blamed(simulation) == {LIAR})
    simulation.links.carry = carry  # type: ignore[method-assign]  # the honest link again
    simulation.run_until(lambda: is_level(simulation))


def _empty(said: messages.PeerMessage) -> messages.PeerMessage:
    return replace(said, items=()) if isinstance(said, Blocks) else said


def test_claims_of_absurd_heights_help_nobody() -> None:
    simulation = lag(34)

    def boast(said: messages.PeerMessage) -> list[messages.PeerMessage]:
        if isinstance(said, messages.Status):
            return [replace(said, height=Height(2**63 - 1), oldest=Height(0))]
        return [said]

    twist(simulation, LIAR, boast)
    assert return_and_level(simulation) < 10_000
    grow(simulation, 5, LATE)
    driver = simulation.get_driver(LATE)
    validators = driver.executor.head.validators
    assert driver.catching_up.claims.is_behind(Height(0), validators)
    assert not driver.catching_up.claims.is_behind(simulation.height(0), validators)


def test_more_questions_than_anybody_needs_are_a_violation() -> None:
    simulation = begin(35)
    allow_blame(simulation, LIAR)
    driver, peer = simulation.get_driver(0), simulation.nodes[LIAR].key.public
    frame = encode(GetBlocks(start=Height(1), count=1))
    for _ in range(32):
        driver.on_frame(peer, frame)
    assert list_blamed(simulation, 0) == set()
    driver.on_frame(peer, frame)
    assert list_blamed(simulation, 0) == {LIAR}
    simulation.run_for(100)
    driver.on_frame(peer, frame)


# A state


def spoil_chunk(answer: ChunkAnswer) -> ChunkAnswer:
    if answer.chunk is None:
        return answer
    key, value = answer.chunk.entries[0]
    entries = ((key, value + b"\0"), *answer.chunk.entries[1:])
    return replace(answer, chunk=replace(answer.chunk, entries=entries))


CHUNKS: dict[str, Callable[[ChunkAnswer], list[messages.PeerMessage]]] = {
    "changed": lambda said: [spoil_chunk(said)],
    "none": lambda said: [replace(said, chunk=None)],
    "never": lambda _: [],
    "of another height": lambda said: [replace(said, height=Height(said.height + 1))],
    "twice": lambda said: [said, said],
}


@pytest.mark.parametrize("kind", CHUNKS)
def test_wrong_chunks_are_named_and_come_from_others(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch)
    simulation = begin(36)
    leave_behind(simulation, BY_STATE)
    allow_blame(simulation, LIAR)
    twist(
        simulation,
        LIAR,
        lambda said: CHUNKS[kind](said) if isinstance(said, ChunkAnswer) else [said],
    )
    assert return_and_level(simulation) < 10_000
    assert len(get_stored(simulation)) < 30


OFFERS: dict[str, Callable[[SnapshotOffer], list[messages.PeerMessage]]] = {
    "another state": lambda said: [
        replace(said, header=replace(said.header, state_root=Hash(bytes(32))))
    ],
    "no seals": lambda said: [replace(said, certificate=Certificate(Round(0), ()))],
    "never": lambda _: [],
}


@pytest.mark.parametrize("kind", OFFERS)
def test_wrong_offers_are_not_believed(kind: str) -> None:
    simulation = begin(37)
    leave_behind(simulation, BY_STATE)
    allow_blame(simulation, LIAR)
    twist(
        simulation,
        LIAR,
        lambda said: OFFERS[kind](said) if isinstance(said, SnapshotOffer) else [said],
    )
    assert return_and_level(simulation) < 10_000
    assert list_blamed(simulation) <= {LIAR}


def spoil_history(said: History, kind: str) -> History:
    def change(index: int) -> object:
        item = said.items[index]
        match kind:
            case "receipts":
                return replace(item, receipts=())
            case "certificate":
                return replace(item, certificate=Certificate(Round(0), ()))
            case "body":
                return replace(item, block=replace(item.block, transactions=()))
            case _:
                header = replace(item.block.header, time=Instant(item.block.header.time + 1))
                return replace(item, block=replace(item.block, header=header))

    return replace(said, items=tuple(change(i) for i in range(len(said.items))))


@pytest.mark.parametrize("kind", ["receipts", "certificate", "body", "header"])
def test_wrong_history_is_named_and_comes_from_others(kind: str) -> None:
    simulation = begin(38)
    leave_behind(simulation, BY_STATE_AND_BACK)
    allow_blame(simulation, LIAR)
    twist(
        simulation,
        LIAR,
        lambda said: [spoil_history(said, kind) if isinstance(said, History) else said],
    )
    simulation.restart(LATE)
    simulation.run_until(lambda: get_stored(simulation) == [*range(79)])
    mine, theirs = simulation.nodes[LATE].disk, simulation.nodes[0].disk
    for height in map(Height, range(4, 74)):
        assert mine.blocks[height].receipts == theirs.blocks[height].receipts
        assert len(mine.blocks[height].certificate.seals) >= 3
    assert list_blamed(simulation) <= {LIAR}


def test_a_wiped_node_follows_and_serves() -> None:
    simulation = begin(39)
    grow(simulation, 20)
    simulation.crash(LATE)
    simulation.wipe(LATE)
    simulation.nodes[LATE].sync = SyncSettings()
    return_and_level(simulation)
    simulation.crash(0)
    simulation.wipe(0)
    simulation.restart(0)
    simulation.run_until(lambda: is_level(simulation))


def test_a_halted_minority_resumes_by_itself() -> None:
    simulation = begin(40)
    simulation.crash(2)
    simulation.crash(LATE)
    simulation.submit(0, simulation.transfer(valid_ms=100_000))
    height = simulation.height(0)
    simulation.run_for(600_000)
    assert simulation.height(0) == simulation.height(1) == height
    simulation.restart(2)
    simulation.restart(LATE)
    simulation.submit(0, simulation.transfer())
    simulation.run_until(lambda: simulation.height(0) > height and is_level(simulation), 16_000)
