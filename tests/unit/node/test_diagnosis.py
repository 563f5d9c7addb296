"""What an operator reads about a chain that advances, rests or stands still."""

from collections.abc import Mapping

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
) -> tuple[str, ...]:
    return explain(
        Standing(
            height=Height(7),
            head_age=Milliseconds(age),
            has_work=has_work,
            activity="height 8, round 3: changing the round, 2 of 3; waiting for c, d",
            validators=SET,
            own_key=ANNA,
            peers=peers,
            silence=silence,
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
    _, one = stand({BEN: Height(7), CHRIS: None})
    assert one == "d is not connected to this node: 3 of 4 validators are here, and 3 decide."
    _, two = stand({BEN: Height(7)})
    assert two.startswith("c, d are not connected to this node: 2 of 4 validators are here")
    assert two.endswith("cannot advance until one of them is back; it then does so by itself.")
    _, three = stand({})
    assert "until 2 of them are back" in three


def test_one_liar_does_not_make_a_node_call_itself_behind() -> None:
    assert stand({**ALL, BEN: Height(900)})[0].startswith("Working")
    assert stand({**ALL, BEN: Height(8), CHRIS: Height(8)})[0].startswith("Working")
    (line,) = stand({**ALL, BEN: Height(900), CHRIS: Height(30)})
    assert line.startswith("Behind: the newest block here is 7, the others are at 30")


def test_a_mute_validator_is_told_so() -> None:
    assert "mute: its journal was lost" in stand(silence="mute: its journal was lost")


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
