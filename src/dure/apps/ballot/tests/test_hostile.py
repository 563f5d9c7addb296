"""What somebody tries who wants to vote twice, see early, stop it, or take the deposits."""

from typing import Any

import pytest

from dure.apps.ballot.tests.scene import Scene
from dure.chain.transaction import Call
from dure.core.codec import encode
from dure.testing import MemoryStage


@pytest.fixture
def stage(scene: Scene) -> MemoryStage:
    found = scene.world._stage
    assert isinstance(found, MemoryStage)
    return found


def test_nobody_calls_what_the_contract_calls_by_itself(scene: Scene) -> None:
    for name in ("check_keys", "close_voting", "close_counting", "finish"):
        with scene.world.refused("not_permitted"):
            getattr(scene.box, name)(by=scene.cast.organiser, number=scene.number)
    with scene.world.refused("not_permitted"):
        scene.box.deliver_money(by=scene.ann, to=scene.ann)


@pytest.mark.parametrize(
    "name",
    ["found_key", "hold_key", "begin_opening", "close_key", "settle_deposits", "fix_list"],
)
def test_what_contracts_inherit_cannot_be_called(
    scene: Scene, stage: MemoryStage, name: str
) -> None:
    with scene.world.refused("unknown_method"):
        stage.send(scene.ann.account, [Call(scene.box.address, name, encode((1,)), None)])


def test_nobody_makes_oneself_an_organiser(scene: Scene) -> None:
    with scene.world.refused("not_owner"):
        scene.world.grant(scene.box, "organiser", scene.ann, by=scene.ann)


def test_nobody_opens_before_the_close(scene: Scene) -> None:
    scene.hall.vote(scene.ann, [0])
    record = scene.hall.record()
    assert record.transcript is None
    with scene.world.refused("the key is in another state"):
        scene.box.give_part(by=scene.cast.trustees[0], number=scene.number, parts=bytes(96 * 2))
    with scene.world.refused("the election is in another phase"):
        scene.hall.declare(scene.hall.count(), counts=[1, 0])


def test_a_part_comes_once_from_a_trustee_and_in_time(scene: Scene) -> None:
    sums = scene.hall.close()
    with scene.world.refused("only a trustee may do that"):
        scene.box.give_part(by=scene.ann, number=scene.number, parts=bytes(192))
    scene.hall.give_part(1, sums)
    with scene.world.refused("another step comes first, or that was done already"):
        scene.hall.give_part(1, sums)
    scene.world.wait_until(scene.hall.plan.results_by)
    with scene.world.refused("the key is in another state"):
        scene.hall.give_part(2, sums)


def test_the_box_is_opened_once_with_one_key(scene: Scene) -> None:
    with scene.world.refused("the election is in another phase"):
        scene.box.open_voting(by=scene.cast.organiser, number=scene.number, key=bytes(32))


def test_a_key_is_a_point_long(fresh: Scene) -> None:
    hall = fresh.hall
    keys = hall.join()
    for person, trustee in zip(fresh.cast.trustees, hall.secrets, strict=True):
        deal = trustee.deal(keys)
        hall.deal(person, deal.commitments, deal.proof, deal.sealed_shares)
    for person in fresh.cast.trustees:
        fresh.box.confirm(by=person, number=hall.number)
    with fresh.world.refused("a key has 32 bytes"):
        fresh.box.open_voting(by=fresh.cast.organiser, number=hall.number, key=bytes(31))


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        encode(()),
        encode((1, b"ballot", 0)),
        encode((1, b"ballot", 0, [b"short"])),
        encode((1, "ballot", 0, [])),
        encode((-(2**63), b"ballot", 0, [], None)),
        encode((1, b"ballot", 0, [])) + b"\0",
    ],
)
def test_malformed_ballots_are_refused(scene: Scene, stage: MemoryStage, arguments: bytes) -> None:
    with scene.world.refused("bad_arguments"):
        stage.send(scene.ann.account, [Call(scene.box.address, "cast", arguments, None)])
    assert scene.box.election(scene.number).ballots == 0


def test_a_whole_list_is_no_voter(scene: Scene) -> None:
    """A node of the tree does not pass for a leaf, nor a shorter way for a longer one."""
    siblings: list[Any] = []
    for place in range(3):
        assert not scene.box.is_listed(scene.number, scene.ann, place, siblings)
    assert not scene.box.is_listed(scene.number, scene.cast.fund, 0, siblings)


def test_no_election_touches_the_deposits_of_another(scene: Scene) -> None:
    with scene.world.refused("missing_key"):
        scene.box.object(
            by=scene.cast.observers[0],
            number=2,
            accused=scene.cast.organiser,
            finding="WRONG_KEY",
            report=bytes(32),
        )
    with scene.world.refused("missing_key"):
        scene.box.join(
            by=scene.cast.trustees[0], pay=0, number=2, sealing_key=bytes(32), proof=bytes(64)
        )
