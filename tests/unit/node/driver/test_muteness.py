"""A mute validator speaks again above everything that it can have said, and not for ever later."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.types import Height, PublicKey, Signature
from dure.core.validators import Validator, ValidatorSet, compute_faults_tolerated, compute_quorum
from dure.node.driver import muteness
from dure.node.driver.muteness import Muteness

OWN = PublicKey(b"\0" * 32)


class FakeGuard:
    """Signs everything above what it remembers."""

    def __init__(self, height: int = 0) -> None:
        self.key = OWN
        self.height = height

    def sign(self, height: int, round_: int, step: int, message: bytes) -> Signature | None:
        return Signature(bytes(64)) if height > self.height else None

    def renounce(self, height: int) -> None:
        self.height = max(self.height, height)


@dataclass
class Mute:
    """A mute validator of a set of `count`, and what happened to its journal."""

    count: int = 4
    votes_lost: bool = True
    guard_height: int = 0
    journals_begun: int = 0

    def __post_init__(self) -> None:
        self.guard = FakeGuard(self.guard_height)
        self.keys = [PublicKey(bytes([number]) * 32) for number in range(self.count)]
        self.set = ValidatorSet(tuple(Validator(key, f"m{key[0]}") for key in self.keys))
        self.voice = Muteness(
            self.guard,
            "its journal is missing",
            votes_lost=self.votes_lost,
            begin_journal_anew=self._begin,
        )

    def _begin(self) -> None:
        self.journals_begun += 1

    def report(self, number: int, height: int, *, is_mute: bool = False) -> None:
        self.voice.on_status(self.keys[number], Height(height), is_mute=is_mute)

    def follow(self, *heights: int) -> None:
        for height in heights:
            self.voice.on_head(Height(height), self.set)

    def speaks_at(self, height: int) -> bool:
        return self.voice.sign(height, 0, 0, b"vote") is not None


def test_it_speaks_above_the_bound_and_never_at_or_below_it() -> None:
    mute = Mute()
    mute.follow(10)
    for number in (1, 2, 3):
        mute.report(number, 10)
    mute.follow(11)
    assert not mute.speaks_at(12)
    assert mute.voice.is_mute
    mute.follow(12)
    assert not mute.voice.is_mute
    assert mute.journals_begun == 1
    assert not mute.speaks_at(12)
    assert mute.speaks_at(13)
    mute.follow(13)
    assert mute.journals_begun == 1


def test_without_the_operator_s_word_it_never_speaks() -> None:
    mute = Mute(votes_lost=False)
    mute.follow(10)
    for number in (1, 2, 3):
        mute.report(number, 10)
    mute.follow(*range(11, 100))
    assert not mute.speaks_at(100)
    assert mute.voice.describe() == (
        "mute: its journal is missing; it votes again under a new key, or once it is started with "
        "--votes-lost"
    )


def test_fewer_than_a_quorum_of_others_are_not_enough() -> None:
    mute = Mute()
    mute.follow(10)
    mute.report(1, 10)
    mute.report(2, 10)
    mute.report(0, 10)
    mute.follow(*range(11, 30))
    assert mute.voice.is_mute
    assert mute.voice.describe() == (
        "mute: its journal is missing; 2 of 3 other validators have reported their heights, and 3 "
        "are needed"
    )


def test_it_says_above_which_height_it_votes_again() -> None:
    mute = Mute()
    mute.follow(10)
    mute.report(1, 1_200)
    mute.report(2, 1_202)
    mute.report(3, 40)
    assert mute.voice.describe() == (
        "mute: its journal is missing; votes again above height 1,204; 3 of 3 other validators "
        "have reported their heights"
    )
    mute.follow(*range(11, 1_205))
    assert mute.voice.describe() is None


def test_an_absurd_claim_silences_nobody_where_a_quorum_of_others_is_honest() -> None:
    mute = Mute(count=7)
    mute.follow(10)
    mute.report(1, 2**62)
    for number in (2, 3, 4, 5, 6):
        mute.report(number, 10)
    mute.follow(11, 12)
    assert mute.speaks_at(13)


def test_strangers_and_its_own_key_report_nothing() -> None:
    mute = Mute()
    mute.follow(10)
    for number in range(60, 70):
        mute.voice.on_status(PublicKey(bytes([number]) * 32), Height(1), is_mute=False)
    mute.report(0, 1)
    mute.report(1, 1)
    mute.report(2, 1)
    mute.follow(*range(11, 20))
    assert mute.voice.is_mute


def test_another_mute_validator_reports_nothing_until_it_speaks() -> None:
    mute = Mute()
    mute.follow(10)
    mute.report(1, 10)
    mute.report(2, 10)
    mute.report(3, 1, is_mute=True)
    mute.follow(11, 12, 13)
    assert mute.voice.is_mute
    mute.report(3, 13)
    mute.follow(14)
    assert mute.voice.is_mute
    mute.follow(15)
    assert not mute.voice.is_mute


def test_the_guard_s_last_height_counts_as_well() -> None:
    mute = Mute(guard_height=500)
    mute.follow(10)
    for number in (1, 2, 3):
        mute.report(number, 10)
    mute.follow(*range(11, 500))
    assert mute.voice.is_mute
    mute.follow(500)
    assert not mute.speaks_at(500)
    assert mute.speaks_at(501)


def test_those_count_who_decided_the_head_and_not_those_who_decide_next() -> None:
    mute = Mute()
    strangers = ValidatorSet(
        tuple(Validator(PublicKey(bytes([n]) * 32), f"n{n}") for n in range(9, 13))
    )
    mute.follow(10)
    for number in range(9, 13):
        mute.voice.on_status(PublicKey(bytes([number]) * 32), Height(1), is_mute=False)
    mute.voice.on_head(Height(11), strangers)
    assert mute.voice.is_mute
    mute.voice.on_head(Height(12), strangers)
    assert not mute.voice.is_mute


def test_a_head_that_does_not_follow_ends_no_silence() -> None:
    mute = Mute()
    mute.follow(10)
    for number in (1, 2, 3):
        mute.report(number, 10)
    mute.follow(1_000)
    assert mute.voice.is_mute
    mute.follow(1_001)
    assert not mute.voice.is_mute


@pytest.mark.parametrize(("count", "mutes"), [(1, ()), (2, ()), (4, (1,)), (7, (1, 2))])
def test_where_no_quorum_is_left_it_points_to_a_new_genesis(
    count: int, mutes: tuple[int, ...]
) -> None:
    mute = Mute(count=count)
    mute.follow(10)
    for number in mutes:
        mute.report(number, 10, is_mute=True)
    text = mute.voice.describe()
    assert text is not None
    assert f"{len(mutes) + 1} of {count} validators" in text
    assert "`dure network regenesis`" in text


SEEDS = 1_500


def find_spoken(seed: int) -> tuple[int, int | None]:
    """Live through a history in which validator 0 voted at a height and forgot it.

    At most f of the others lie. Returns that height, and the first one that it speaks at.
    """
    random = Random(seed)
    count, lost = random.randint(3, 8), random.randint(2, 12)
    others = list(range(1, count))
    faulty = random.sample(others, min(len(others), compute_faults_tolerated(count)))
    # The block before was final: a quorum, with or without us, had sealed it on a head of lost-2.
    sealers = random.sample(range(count), compute_quorum(count))
    heads = [lost - 2 if n in sealers else random.randint(0, lost) for n in range(count)]
    mute = Mute(count=count)
    head = random.randint(0, lost - 1)
    mute.follow(head)
    steps = [*random.choices(others, k=2 * count), *[0] * random.randint(1, lost + 3)]
    random.shuffle(steps)
    for number in steps:
        if number == 0:
            head += 1
            mute.follow(head)
            if not mute.voice.is_mute:
                return lost, head + 1
        elif number in faulty:
            mute.report(number, random.randint(0, 30))
        else:
            heads[number] += random.choice((0, 0, 1))
            mute.report(number, heads[number])
    return lost, None


def test_it_never_speaks_at_a_height_at_which_it_may_have_voted() -> None:
    runs = [find_spoken(seed) for seed in range(SEEDS)]
    spoken = [(lost, height) for lost, height in runs if height is not None]
    assert len(spoken) > SEEDS // 10, "it must speak often enough to prove anything"
    assert [(lost, height) for lost, height in spoken if height <= lost] == []


def speak_with_one_report_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muteness, "compute_quorum", lambda n: max(1, compute_quorum(n) - 1))


def speak_one_height_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Muteness._compute_bound

    def lower(self: Muteness, validators: ValidatorSet | None) -> int | None:
        bound = honest(self, validators)
        return None if bound is None else bound - 1

    monkeypatch.setattr(Muteness, "_compute_bound", lower)


@pytest.mark.parametrize(
    "make_mistake", [speak_with_one_report_too_few, speak_one_height_too_early]
)
def test_each_of_these_mistakes_would_be_noticed(
    monkeypatch: pytest.MonkeyPatch, make_mistake: Callable[[pytest.MonkeyPatch], None]
) -> None:
    make_mistake(monkeypatch)
    runs = (find_spoken(seed) for seed in range(SEEDS))
    assert any(height is not None and height <= lost for lost, height in runs)


@given(
    count=st.integers(4, 10),
    heads=st.lists(st.integers(0, 50), min_size=10, max_size=10),
    lies=st.lists(st.integers(0, 2**40), min_size=10, max_size=10),
)
def test_where_a_quorum_of_others_is_correct_it_speaks_two_above_the_highest_of_them(
    count: int, heads: list[int], lies: list[int]
) -> None:
    mute = Mute(count=count)
    needed = compute_quorum(count)
    honest = range(1, needed + 1) if needed < count else range(1, count)
    for number in range(1, count):
        mute.report(number, heads[number - 1] if number in honest else lies[number - 1])
    highest = max(heads[number - 1] for number in honest)
    mute.follow(*range(highest + 3))
    assert not mute.voice.is_mute
