"""What somebody tries who wants to raise, hide or read what is not theirs."""

import pytest

from dure.apps.leak_alert.contract import ClearReason, LeakAlert, Standing
from dure.apps.leak_alert.tests.scene import INCIDENT, Scene, case, digest, key
from dure.chain.transaction import Call
from dure.contract.library.cases import LookReason
from dure.core.codec import encode
from dure.testing import MemoryStage


@pytest.fixture
def stage(scene: Scene) -> MemoryStage:
    found = scene.world._stage
    assert isinstance(found, MemoryStage)
    return found


def test_nobody_calls_what_the_contract_calls_by_itself(scene: Scene) -> None:
    scene.open_cases(1)
    for method in (scene.alert.check_told, scene.alert.check_reviewed):
        with scene.world.refused("not_permitted"):
            method(by=scene.broker, cases=[case(1)])


def test_a_member_does_not_take_anothers_case_number(scene: Scene) -> None:
    scene.open_cases(1)
    with scene.world.refused("there is such a case already"):
        scene.open_cases(1, by=scene.broker)
    with scene.world.refused("there is such a case already"):
        scene.open_cases(2, 2)
    assert scene.alert.case(case(1)).member == scene.bank.address


def test_one_wrong_digest_leaves_nothing_of_its_batch(scene: Scene) -> None:
    scene.report(1)
    with scene.world.refused("a digest is reported already"):
        scene.report(2, 3, 1)
    for number in (2, 3):
        assert scene.alert.standing(digest(number)) is Standing.UNKNOWN
    assert scene.alert.totals().reported == 1


def test_one_wrong_digest_clears_nothing(scene: Scene) -> None:
    scene.report(1)
    with scene.world.refused("there is no such alarm"):
        scene.alert.clear(
            by=scene.supervisor,
            digests=[digest(1), digest(9)],
            reason=ClearReason.NOTHING_LEAKED,
        )
    assert scene.alert.standing(digest(1)) is Standing.REPORTED


def test_before_the_first_epoch_nothing_is_reported(scene: Scene) -> None:
    world = scene.world
    alert = world.deploy(LeakAlert, by=scene.supervisor, roles={"supervisor": scene.supervisor})
    with world.refused("no epoch has begun"):
        alert.report(by=scene.supervisor, epoch=0, incident=INCIDENT, digests=[digest(1)])


def test_nobody_is_admitted_twice_or_without_bound(scene: Scene) -> None:
    with scene.world.refused("the member takes part already"):
        scene.alert.admit(by=scene.supervisor, member=scene.bank)


def test_nobody_looks_at_what_is_not_there(scene: Scene) -> None:
    with scene.world.refused("there is no such case"):
        scene.alert.look(by=scene.bank, case=case(1), reason=LookReason.REVIEW)
    with scene.world.refused("places count from 0"):
        scene.alert.looks_at(case(1), -1)
    assert scene.alert.looks_at(case(1), 0) == []


def test_nobody_gives_themselves_the_supervisors_role(scene: Scene) -> None:
    with scene.world.refused("not_owner"):
        scene.world.grant(scene.alert, "supervisor", scene.bank, by=scene.bank)


@pytest.mark.parametrize(
    "arguments",
    [
        b"",
        encode(()),
        encode((1, INCIDENT)),
        encode((1, INCIDENT, [b"short"])),
        encode((1, INCIDENT, ["0" * 32])),
        encode((-(2**63), INCIDENT, [digest(1), None])),
        encode((1, INCIDENT, [digest(1)], 1)),
        encode((1, INCIDENT, [digest(1)])) + b"\0",
    ],
)
def test_malformed_reports_are_refused(scene: Scene, stage: MemoryStage, arguments: bytes) -> None:
    with scene.world.refused("bad_arguments"):
        stage.send(scene.supervisor.account, [Call(scene.alert.address, "report", arguments, None)])
    assert scene.alert.totals().batches == 0


def test_a_reason_that_is_none_is_refused(scene: Scene, stage: MemoryStage) -> None:
    scene.report(1)
    arguments = encode(([digest(1)], "BECAUSE I SAY SO"))
    with scene.world.refused("bad_arguments"):
        stage.send(scene.supervisor.account, [Call(scene.alert.address, "clear", arguments, None)])


def test_helpers_cannot_be_called(scene: Scene, stage: MemoryStage) -> None:
    for method in ("own_case", "alarm"):
        with scene.world.refused("unknown_method"):
            stage.send(
                scene.bank.account, [Call(scene.alert.address, method, encode((case(1),)), None)]
            )


def test_a_key_check_says_nothing_of_the_key(scene: Scene) -> None:
    assert scene.alert.epoch(1).key_check == key(1).key_check
    assert key(1, "another").key_check != key(1).key_check
