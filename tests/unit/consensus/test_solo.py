"""Solo: one validator, the same discipline."""

from typing import Any

import pytest
from msgspec import structs

from dure.consensus.interface import (
    BuildCandidate,
    CandidateBuilt,
    DraftSigned,
    Finalize,
    Head,
    HeadChanged,
    Persist,
    SignDraft,
    Started,
    WorkChanged,
)
from dure.consensus.solo import SoloEngine, read_place
from dure.core.block import compute_block_id
from dure.core.errors import InvalidEncoding
from dure.core.types import Height, Instant, Round
from tests.conformance.fakes import (
    CHAIN,
    make_block,
    make_genesis,
    make_key,
    make_validators,
    sign,
    verify_many,
)

KEY = make_key(0)
HEAD = make_genesis(make_validators(1))
NOW = Instant(5_000)


def build(journal: list[bytes] | None = None, head: Head = HEAD) -> SoloEngine:
    return SoloEngine(KEY, CHAIN, head, journal or [], verify=verify_many)


def make_head(height: int) -> Head:
    header = structs.replace(HEAD.header, height=Height(height))
    return Head(header, compute_block_id(header), HEAD.validators, has_work=False)


def journal_block(engine: SoloEngine, time: int = NOW) -> tuple[Any, ...]:
    engine.step(WorkChanged(has_work=True), NOW)
    block = make_block(HEAD, time, KEY, (b"tx",))
    return engine.step(CandidateBuilt(Height(1), Round(0), block), NOW)


def test_it_builds_when_there_is_work_and_once() -> None:
    engine = build()
    assert engine.step(Started(), NOW) == ()
    (order,) = engine.step(WorkChanged(has_work=True), NOW)
    assert isinstance(order, BuildCandidate)
    assert order.time == NOW
    assert engine.step(WorkChanged(has_work=True), NOW) == ()


def test_the_block_is_journalled_before_it_is_sealed_and_the_seal_decides() -> None:
    engine = build()
    persist, ask = journal_block(engine)
    assert isinstance(persist, Persist)
    assert isinstance(ask, SignDraft)
    (final,) = engine.step(DraftSigned(ask.draft, sign(KEY, ask.draft.message)), NOW)
    assert isinstance(final, Finalize)
    assert "decided" in engine.describe()


def test_after_a_restart_the_same_block_is_sealed_and_no_other() -> None:
    persist, ask = journal_block(build())
    engine = build([persist.record])
    assert engine.step(Started(), NOW) == (ask,)
    assert journal_block(engine, NOW + 1) == ()


def test_a_record_says_where_its_seal_stands_in_the_signer_s_order() -> None:
    persist, ask = journal_block(build())
    assert read_place(persist.record) == (ask.draft.height, ask.draft.round, ask.draft.step)


def test_a_refusing_signer_makes_it_mute() -> None:
    engine = build()
    _, ask = journal_block(engine)
    assert engine.step(DraftSigned(ask.draft, None), NOW) == ()
    assert "mute" in engine.describe()


def test_a_wrong_own_seal_decides_nothing() -> None:
    engine = build()
    _, ask = journal_block(engine)
    assert engine.step(DraftSigned(ask.draft, sign(make_key(1), ask.draft.message)), NOW) == ()


def test_nothing_to_build_means_idle_until_work_comes() -> None:
    engine = build()
    engine.step(WorkChanged(has_work=True), NOW)
    assert engine.step(CandidateBuilt(Height(1), Round(0), None), NOW) == ()
    assert "idle" in engine.describe()
    assert len(engine.step(WorkChanged(has_work=True), NOW)) == 1


def test_a_record_of_another_height_binds_nobody() -> None:
    persist, _ = journal_block(build())
    engine = build([persist.record], make_head(1))
    assert engine.step(Started(), NOW) == ()
    assert "height 2: idle" in engine.describe()


def test_a_seal_that_comes_after_its_height_decides_nothing() -> None:
    engine = build()
    _, ask = journal_block(engine)
    engine.step(HeadChanged(make_head(1)), NOW)
    assert engine.step(DraftSigned(ask.draft, sign(KEY, ask.draft.message)), NOW) == ()
    assert engine.step(HeadChanged(HEAD), NOW) == ()
    engine.step(WorkChanged(has_work=True), NOW)
    engine.step(CandidateBuilt(Height(2), Round(0), make_block(make_head(1), NOW, KEY, ())), NOW)
    assert engine.step(DraftSigned(ask.draft, None), NOW) == ()
    assert engine.describe() == "height 2: building and sealing a block"


def test_where_it_stands_is_told_in_a_few_words() -> None:
    engine = build()
    seen = [engine.phase]
    engine.step(WorkChanged(has_work=True), NOW)
    seen.append(engine.phase)
    assert engine.describe() == "height 1: building and sealing a block"
    block = make_block(HEAD, NOW, KEY, (b"tx",))
    _, ask = engine.step(CandidateBuilt(Height(1), Round(0), block), NOW)
    assert isinstance(ask, SignDraft)
    seen.append(engine.phase)
    engine.step(DraftSigned(ask.draft, sign(KEY, ask.draft.message)), NOW)
    seen.append(engine.phase)
    assert seen == ["idle", "building a block", "building a block", "writing the final block"]


def test_a_follower_says_that_it_follows() -> None:
    follower = SoloEngine(make_key(1), CHAIN, HEAD, [], verify=verify_many)
    assert follower.step(WorkChanged(has_work=True), NOW) == ()
    assert follower.describe() == "height 1: following; the validator's next block has not arrived"


def test_no_message_exists() -> None:
    with pytest.raises(InvalidEncoding):
        build().decode_message(b"hello")
