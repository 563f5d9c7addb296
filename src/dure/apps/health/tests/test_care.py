"""From the device to the medicine, one rule of the README a test."""

import pytest

from dure.apps.health.signing import sign_result
from dure.apps.health.tests.scene import DEVICE, FUND, REWARD, RICH, Scene, digest
from dure.contract.language import days
from dure.identity.keys import SigningKey

OTHER = SigningKey(b"\x08" * 32)


def test_r15_only_the_device_makes_results_and_a_cartridge_one(scene: Scene) -> None:
    assert scene.report() == 1
    with scene.world.refused("the cartridge was used before"):
        scene.report()
    cartridge, result = digest("another"), digest("result")
    good = {
        "device": DEVICE.public,
        "cartridge": cartridge,
        "result": result,
        "signature": sign_result(DEVICE, scene.care.address, cartridge, result),
    }
    forged = sign_result(OTHER, scene.care.address, cartridge, result)
    elsewhere = sign_result(DEVICE, scene.records.address, cartridge, result)
    for changes in ({"signature": forged}, {"signature": elsewhere}, {"result": digest("better")}):
        with scene.world.refused("the device did not sign this"):
            scene.care.report(by=scene.ann, **{**good, **changes})
    with scene.world.refused("nobody uses the device"):
        scene.care.report(by=scene.ann, **{**good, "device": OTHER.public})
    scene.care.report(by=scene.ann, **good)


def test_r16_another_doctor_is_told_where_the_first_does_not_look(scene: Scene) -> None:
    number, seen = scene.report(), scene.report("seen")
    with scene.world.refused("only the doctor of the result may do this"):
        scene.care.acknowledge(by=scene.substitute, number=number)
    scene.care.acknowledge(by=scene.doctor, number=seen)
    scene.world.wait(hours=25)
    with scene.world.refused("only the doctor of the result may do this"):
        scene.care.acknowledge(by=scene.doctor, number=number)
    scene.care.acknowledge(by=scene.substitute, number=number)
    assert scene.care.test_result(seen).doctor == scene.doctor.address


def test_r17_the_doctor_prescribes_once_for_a_result_that_was_seen(scene: Scene) -> None:
    number, care = scene.report(), scene.care
    terms = {"number": number, "medicine": digest("statin"), "ends": scene.world.now + days(30)}
    with scene.world.refused("the result is not at that point"):
        care.prescribe(by=scene.doctor, **terms)
    care.acknowledge(by=scene.doctor, number=number)
    with scene.world.refused("only the doctor of the result may do this"):
        care.prescribe(by=scene.substitute, **terms)
    with scene.world.refused("the prescription would have ended already"):
        care.prescribe(by=scene.doctor, **{**terms, "ends": scene.world.now})
    with scene.world.refused("a prescription holds for at most a year"):
        care.prescribe(by=scene.doctor, **{**terms, "ends": scene.world.now + days(400)})
    care.prescribe(by=scene.doctor, **terms)
    with scene.world.refused("the result is not at that point"):
        care.prescribe(by=scene.doctor, **terms)
    care.cancel_prescription(by=scene.doctor, number=number)
    with scene.world.refused("the result is not at that point"):
        care.choose_pharmacy(by=scene.ann, number=number, pharmacy=scene.pharmacy)
    with scene.world.refused("there is no such result"):
        care.test_result(9)


def test_r18_the_pharmacy_that_the_patient_chose_hands_over_what_was_prescribed(
    scene: Scene,
) -> None:
    number = scene.prescribe()
    with scene.world.refused("the patient chose another pharmacy, or none"):
        scene.dispense(number, "other pharmacy")
    with scene.world.refused("the doctor prescribed something else"):
        scene.dispense(number, word="morphine")
    with scene.world.refused("pharmacy"):
        scene.dispense(number, "stranger")
    with scene.world.refused("only the patient may do this"):
        scene.care.choose_pharmacy(by=scene.bob, number=number, pharmacy=scene.pharmacy)
    with scene.world.refused("that is no pharmacy"):
        scene.care.choose_pharmacy(by=scene.ann, number=number, pharmacy=scene.stranger)
    scene.world.wait(days=30)
    with scene.world.refused("the prescription has ended"):
        scene.dispense(number)


def test_r19_a_medicine_is_dispensed_once(scene: Scene) -> None:
    number = scene.prescribe()
    scene.dispense(number)
    for pharmacy in ("pharmacy", "other pharmacy"):
        with scene.world.refused("the result is not at that point"):
            scene.dispense(number, pharmacy)
    with scene.world.refused("the result is not at that point"):
        scene.care.cancel_prescription(by=scene.doctor, number=number)


@pytest.mark.parametrize("needs_medicine", [True, False])
def test_r20_the_patient_is_rewarded_once(scene: Scene, needs_medicine: bool) -> None:
    if needs_medicine:
        number = scene.prescribe()
        assert scene.ann.won == RICH
        scene.dispense(number)
    else:
        number = scene.report()
        scene.care.acknowledge(by=scene.doctor, number=number)
        scene.care.close(by=scene.doctor, number=number)
    assert scene.ann.won == RICH + REWARD
    with scene.world.refused("the reward was paid before"):
        scene.care.claim_reward(by=scene.ann, number=number)
    scene.care.collect(by=scene.ann)
    assert scene.ann.won == RICH + REWARD
    assert scene.care.fund_left().units == FUND - REWARD


def test_r20_an_empty_fund_delays_the_reward_and_not_the_medicine(scene: Scene) -> None:
    scene.care.take_back(by=scene.sponsor, amount=FUND)
    with scene.world.refused("the fund has not so much"):
        scene.care.take_back(by=scene.sponsor, amount=1)
    number = scene.prescribe()
    scene.dispense(number)
    with scene.world.refused("the fund has not so much"):
        scene.care.claim_reward(by=scene.ann, number=number)
    with scene.world.refused("the payment is above zero"):
        scene.care.fund(by=scene.sponsor, pay=0)
    scene.care.fund(by=scene.sponsor, pay=REWARD)
    with scene.world.refused("only the patient may do this"):
        scene.care.claim_reward(by=scene.bob, number=number)
    scene.care.claim_reward(by=scene.ann, number=number)
    assert scene.ann.won == RICH + REWARD


def test_r21_a_device_has_a_maker_and_one_patient(scene: Scene) -> None:
    care, doctors = scene.care, {"doctor": scene.doctor, "substitute": scene.substitute}
    with scene.world.refused("no maker knows the device"):
        care.take_device(by=scene.bob, device=OTHER.public, **doctors)
    with scene.world.refused("a device's key has 32 bytes"):
        care.endorse_device(by=scene.maker, device=b"short")
    care.endorse_device(by=scene.maker, device=OTHER.public)
    with scene.world.refused("the device is known already"):
        care.endorse_device(by=scene.maker, device=OTHER.public)
    with scene.world.refused("somebody uses the device already"):
        care.take_device(by=scene.bob, device=DEVICE.public, **doctors)
    with scene.world.refused("the substitute is another doctor"):
        care.take_device(
            by=scene.bob, device=OTHER.public, doctor=scene.doctor, substitute=scene.doctor
        )
    with scene.world.refused("that is no doctor"):
        care.take_device(
            by=scene.bob, device=OTHER.public, doctor=scene.bob, substitute=scene.doctor
        )
    with scene.world.refused("nobody is their own doctor"):
        care.take_device(by=scene.doctor, device=OTHER.public, **doctors)
    care.take_device(by=scene.bob, device=OTHER.public, **doctors)
    assert care.device_of(OTHER.public).patient == scene.bob.address
    with scene.world.refused("nobody uses the device"):
        care.device_of(b"x" * 32)
