"""De-identified sets, one rule of the README a test."""

from typing import Any

import pytest

from dure.apps.health.contracts.sets import SharedSets
from dure.apps.health.stories import deposit
from dure.apps.health.tests.scene import FUND, RESEARCH, REWARD, RICH, Scene, digest


@pytest.fixture
def willing(scene: Scene) -> Scene:
    for patient in ("ann", "bob", "cho"):
        scene.consent(patient, "researcher", RESEARCH)
    return scene


def test_r10_each_block_is_counted_once_and_by_somebody_else(willing: Scene) -> None:
    sets = willing.sets
    named = {"researcher": willing.researcher, "first": 1, "last": 4, "proposed": 2}
    sets.count_blocks(by=willing.hospital, **named)
    assert sets.blocks_earned(willing.researcher) == 2
    assert sets.last_counted(willing.researcher) == 4
    wrong: dict[str, dict[str, object]] = {
        "those blocks were counted before": {"first": 4, "last": 6},
        "the last block comes after the first": {"first": 6, "last": 5},
        "those blocks are not there yet": {"first": 5, "last": 100_000},
        "that is more than there are blocks": {"first": 5, "last": 6, "proposed": 3},
        "that is no researcher": {"researcher": willing.stranger, "first": 5, "last": 6},
        "nobody counts their own blocks": {"researcher": willing.hospital},
    }
    for reason, changes in wrong.items():
        with willing.world.refused(reason):
            sets.count_blocks(by=willing.hospital, **{**named, **changes})
    with willing.world.refused("depositor"):
        sets.count_blocks(by=willing.researcher, **{**named, "first": 5, "last": 6})


def test_r11_a_set_is_earned_with_blocks(willing: Scene) -> None:
    named = willing.shared()
    willing.earn(1)
    with willing.world.refused("the researcher has not earned a set"):
        willing.sets.release(by=willing.hospital, **named)
    willing.earn(1)
    with willing.world.refused("only the record's depositor may do this"):
        willing.sets.release(by=willing.clinic, **named)
    with willing.world.refused("that is no researcher"):
        willing.sets.release(by=willing.hospital, **{**named, "researcher": willing.stranger})
    willing.sets.release(by=willing.hospital, **named)
    assert willing.sets.blocks_earned(willing.researcher) == 0
    willing.earn()
    with willing.world.refused("the set was released before"):
        willing.sets.release(by=willing.hospital, **named)


def test_r12_every_member_consents_and_there_are_enough(scene: Scene) -> None:
    scene.consent("ann", "researcher", RESEARCH)
    scene.consent("bob", "researcher", "TREAT")
    named = scene.shared()
    scene.earn()
    with scene.world.refused("a member does not consent"):
        scene.sets.release(by=scene.hospital, **named)
    with scene.world.refused("the set has too few members"):
        scene.sets.release(by=scene.hospital, **{**named, "members": [scene.ann]})
    with scene.world.refused("a set has 1 to 50 members"):
        scene.sets.release(by=scene.hospital, **{**named, "members": [scene.ann] * 51})
    scene.consent("bob", "researcher", RESEARCH)
    with scene.world.refused("a member does not consent"):
        scene.sets.release(by=scene.hospital, **{**named, "kind": "Condition"})
    scene.sets.release(by=scene.hospital, **named)
    assert scene.sets.set_of(named["name"]).kind == "Observation"


def test_r13_each_member_is_paid_once(willing: Scene) -> None:
    willing.earn(4)
    twice = willing.shared("twice", "ann", "ann")
    with willing.world.refused("a member was rewarded for this before"):
        willing.sets.release(by=willing.hospital, **twice)
    willing.sets.release(by=willing.hospital, **willing.shared())
    assert [willing.ann.won, willing.bob.won, willing.cho.won] == [RICH + REWARD] * 2 + [RICH]
    again = willing.shared("again", "ann", "cho")
    with willing.world.refused("a member was rewarded for this before"):
        willing.sets.release(by=willing.hospital, **again)
    willing.sets.collect(by=willing.ann)
    assert willing.ann.won == RICH + REWARD
    assert willing.sets.fund_left().units == FUND - 2 * REWARD


def test_r13_rewards_come_from_the_fund_alone(willing: Scene) -> None:
    with willing.world.refused("sponsor"):
        willing.sets.take_back(by=willing.stranger, amount=1)
    with willing.world.refused("the fund has not so much"):
        willing.sets.take_back(by=willing.sponsor, amount=FUND + 1)
    willing.sets.take_back(by=willing.sponsor, amount=FUND - REWARD)
    willing.earn()
    with willing.world.refused("the fund has not so much"):
        willing.sets.release(by=willing.hospital, **willing.shared())
    assert willing.ann.won == RICH
    with willing.world.refused("the payment is above zero"):
        willing.sets.fund(by=willing.sponsor, pay=0)
    assert willing.world.conserved()


def test_r14_a_set_is_read_as_long_as_every_member_consents(willing: Scene) -> None:
    name = willing.shared()["name"]
    named = {"name": name, "version": 1, "reader": willing.researcher}
    with willing.world.refused("a member's consent is missing, or the release"):
        willing.sets.note_reading(by=willing.hospital, **named)
    willing.earn()
    willing.sets.release(
        by=willing.hospital,
        name=name,
        researcher=willing.researcher,
        kind="Observation",
        members=[willing.ann, willing.bob],
    )
    willing.sets.note_reading(by=willing.hospital, **named)
    assert not willing.sets.may_read(name, willing.stranger)
    willing.records.withdraw_consent(by=willing.bob, number=2)
    with willing.world.refused("a member's consent is missing, or the release"):
        willing.sets.note_reading(by=willing.hospital, **named)
    with willing.world.refused("there is no such set"):
        willing.sets.set_of(digest("nothing"))
    assert not willing.sets.may_read(digest("nothing"), willing.researcher)


def test_a_set_is_not_handed_out_and_a_programme_has_bounds(scene: Scene) -> None:
    with scene.world.refused("a set is released, not handed out"):
        scene.sets.deposit(
            by=scene.hospital,
            name=digest("name"),
            salted=digest("salted"),
            sealed=digest("sealed"),
            size=1,
            keepers=[scene.hospital],
            readers=[scene.researcher],
        )
    deposit(scene.sets, scene.hospital, "kept")
    terms: dict[str, Any] = {
        "money": scene.world.asset("won"),
        "records": scene.records.address,
        "reward": REWARD,
        "blocks_for_set": 1,
        "members_min": 2,
    }
    for reason, wrong in {
        "a set is earned with blocks": {"blocks_for_set": 0},
        "a set has 1 to 50 members": {"members_min": 51},
    }.items():
        with scene.world.refused(reason):
            scene.world.deploy(SharedSets, by=scene.sponsor, **{**terms, **wrong})
