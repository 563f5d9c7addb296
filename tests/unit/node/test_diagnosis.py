"""What an operator reads about a chain that advances, rests or stands still."""

from collections.abc import Collection, Mapping

import pytest

from dure.core.types import Height, Instant, Milliseconds, PublicKey
from dure.core.validators import Validator, build_validator_set
from dure.node.diagnosis import Standing, describe_duration, explain
from dure.node.driver.phases import Phases

ANNA, BEN, CHRIS, DORA = (PublicKey(bytes([i]) * 32) for i in range(1, 5))
SET = build_validator_set(
    [Validator(key, name) for key, name in zip((ANNA, BEN, CHRIS, DORA), "abcd", strict=True)]
)
ALL: Mapping[PublicKey, Height | None] = dict.fromkeys((BEN, CHRIS, DORA), Height(7))


def stand(
    peers: Mapping[PublicKey, Height | None] = ALL,
    *,
    has_work: bool = True,
    silence: str | None = None,
    age: int = 45_000,
    mute: Collection[PublicKey] = (),
    fetching: str | None = None,
    own_key: PublicKey = ANNA,
) -> tuple[str, ...]:
    return explain(
        Standing(
            height=Height(7),
            head_age=Milliseconds(age),
            has_work=has_work,
            activity="height 8, round 3: changing the round, 2 of 3; waiting for c, d",
            validators=SET,
            own_key=own_key,
            peers=peers,
            silence=silence,
            mute=mute,
            fetching=fetching,
        )
    )


def test_a_chain_at_rest_says_that_there_is_nothing_to_do() -> None:
    (line,) = stand(has_work=False)
    assert line == (
        "At rest: nothing waits and nothing is due, so no block is made. The newest is 7, 45 s old."
    )


def test_a_chain_at_work_says_what_it_waits_for_and_since_when() -> None:
    (line,) = stand()
    assert line == (
        "Working, 45 s after the newest block: height 8, round 3: changing the round, 2 of 3; "
        "waiting for c, d."
    )


def test_who_is_missing_is_named_with_what_it_means() -> None:
    first, one = stand({BEN: Height(7), CHRIS: None})
    assert first.startswith("Working, 45 s after")
    assert one == "d is not connected to this node: 3 of 4 validators are here, and 3 decide."
    first, two = stand({BEN: Height(7)})
    assert first.startswith("Standing still, 45 s after the newest block: height 8, round 3")
    assert two == (
        "c, d are not connected to this node: 2 of 4 validators are here, and 3 decide. The chain "
        "cannot advance until one more of them votes; it then does so by itself."
    )


def test_who_sees_nobody_is_told_that_it_may_be_cut_off() -> None:
    _, alone = stand({})
    assert "until 2 more of them vote; it then does so by itself." in alone
    assert alone.endswith("that is cut off, the others go on without it: ask one of them.")


def test_one_validator_alone_misses_nobody() -> None:
    only = build_validator_set([Validator(ANNA, "a")])
    standing = Standing(
        height=Height(7),
        head_age=Milliseconds(0),
        has_work=True,
        activity="height 8: building and sealing a block",
        validators=only,
        own_key=ANNA,
        peers={},
        silence=None,
        mute=(),
        fetching=None,
    )
    assert explain(standing) == (
        "Working, 0 s after the newest block: height 8: building and sealing a block.",
    )


def test_one_liar_does_not_make_a_node_call_itself_behind() -> None:
    assert stand({**ALL, BEN: Height(900)})[0].startswith("Working")
    assert stand({**ALL, BEN: Height(8), CHRIS: Height(8)})[0].startswith("Working")
    (line,) = stand({**ALL, BEN: Height(900), CHRIS: Height(30)})
    assert line.startswith("Behind: the newest block here is 7, the others are at 30")


def test_a_mute_validator_is_told_so() -> None:
    _, why, what = stand(silence="mute: its journal was lost")
    assert why == "This node is mute: its journal was lost."
    assert what == "3 of 4 validators vote, and 3 decide."


def test_a_mute_validator_is_here_and_does_not_count() -> None:
    first, line = stand(mute=(BEN, CHRIS))
    assert first.startswith("Standing still")
    assert line == (
        "b, c are mute: 2 of 4 validators vote, and 3 decide. The chain cannot advance before mute "
        "validators vote again: each says what it needs."
    )
    _, _, both = stand({BEN: Height(7), CHRIS: Height(7)}, silence="mute: new", mute=(BEN, DORA))
    assert both.startswith("d is not connected to this node and b is mute: 1 of 4 validators vote")
    assert "before mute validators vote again" in both
    *_, one = stand({BEN: Height(7), CHRIS: Height(7)}, silence="mute: its journal was lost")
    assert one.startswith("d is not connected to this node: 2 of 4 validators vote, and 3 decide.")
    assert one.endswith("until one more of them votes; it then does so by itself.")


def test_a_follower_counts_the_validators_and_not_itself() -> None:
    stranger = PublicKey(bytes([9]) * 32)
    everybody = {ANNA: Height(7), **ALL}
    assert len(stand(everybody, own_key=stranger)) == 1
    assert len(stand(everybody, own_key=stranger, silence="mute: its journal was lost")) == 2
    _, line = stand({ANNA: Height(7), BEN: Height(7)}, own_key=stranger)
    assert "2 of 4 validators are here" in line


def test_a_node_that_fetches_a_state_says_so() -> None:
    claims = dict.fromkeys((BEN, CHRIS, DORA), Height(90))
    (line,) = stand(claims, fetching="fetching the state")
    assert line.endswith("the others are at 90; fetching the state.")


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (-5, "0 s"),
        (999, "0 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (7_199_999, "119 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 days"),
    ],
)
def test_durations_are_told_in_the_unit_of_their_size(milliseconds: int, words: str) -> None:
    assert describe_duration(milliseconds) == words


def test_stays_are_counted_by_their_length_and_a_clock_set_back_counts_as_none() -> None:
    phases = Phases("idle", Instant(1_000))
    for at, phase in ((1_004, "working"), (1_004, "working"), (61_004, "idle"), (60_000, "work")):
        phases.move(phase, Instant(at))
    assert phases.times["working"].total_s == 60.0
    assert phases.times["working"].counts[-1] == 1
    assert phases.times["idle"].total_s == 0.004
    assert sum(phases.times["idle"].counts) == 2
    assert phases.current == "work"
