"""Who is one organisation and not two: members' own accounts, devices, names used again."""

import pytest

from dure.chain import membership, state, system
from dure.chain.genesis.governance import GOVERNANCE
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.contract.ports import Invocation
from dure.core.codec import decode, encode
from dure.core.errors import InvalidTransaction
from dure.core.types import Address, Unsigned
from tests.unit.chain.ledger import CAROL, address_of, change, derive_key, ledger_call
from tests.unit.chain.voting import (
    Voting,
    build_voting,
    expel,
    ok,
)

MILL = address_of("mill")


def register(voting: Voting, who: str, label: str) -> str:
    device = system.NewDevice("d", "d", derive_key(label).public)
    given = system.RegisterDevicesArguments((device,))
    return voting.ledger.status(who, ledger_call("register_devices", given))


def remove(voting: Voting, who: str, device: Address) -> str:
    given = system.RemoveDeviceArguments(device)
    return voting.ledger.status(who, ledger_call("remove_device", given))


def enrol(voting: Voting, who: str, *accounts: Address) -> str:
    return voting.ledger.status(who, ledger_call("enrol", system.EnrolArguments(accounts)))


def decide_expulsion(voting: Voting, name: str = "mill") -> None:
    ok(voting.decide("expel_organisation", expel(name), seen=voting.attest("bank", "port", "rail")))


def admit_as(voting: Voting, name: str, account: Address) -> str:
    """Have bank and port, or also rail, admit an organisation; return how it went."""
    given = system.AdmitOrganisationArguments(name, account)
    number = decode(
        Unsigned, ok(voting.propose("bank", "admit_organisation", given)).outcomes[0].result
    )
    record = voting.vote("port", number)
    if voting.state_of(number) == "OPEN" and record.receipt.status == "ok":
        record = voting.vote("rail", number)
    return record.receipt.status


# Devices


@pytest.mark.parametrize("label", ["mill", "carol"])
def test_an_account_of_an_organisation_is_no_device(label: str) -> None:
    voting = Voting(build_voting(parameters=change(DEFAULT_PARAMETERS, open_enrolment=True)))
    assert enrol(voting, "mill", CAROL) == "ok"
    assert register(voting, "mill", label) == "device_known"
    assert remove(voting, "mill", address_of(label)) == "device_unknown"
    decide_expulsion(voting)
    with pytest.raises(InvalidTransaction):
        voting.check(label)


def test_a_device_that_was_removed_is_registered_again() -> None:
    voting = Voting()
    assert register(voting, "mill", "crane") == "ok"
    assert remove(voting, "mill", address_of("crane")) == "ok"
    assert register(voting, "mill", "crane") == "ok"


def test_an_organisation_whose_account_was_a_device_is_nobodys_device() -> None:
    voting = Voting()
    crane = address_of("crane")
    assert register(voting, "mill", "crane") == "ok"
    assert admit_as(voting, "cranes", crane) == "ok"
    assert remove(voting, "mill", crane) == "device_unknown"
    view = voting.ledger.executor.view()
    assert state.find_organisation(view, crane) == "cranes"


# One account, one vote


def test_nobody_is_two_organisations() -> None:
    voting = Voting()
    assert admit_as(voting, "other", MILL) == "organisation_known"
    asked = Invocation(GOVERNANCE, "tally", encode((1,)), MILL, None)
    assert decode(tuple[Unsigned, ...], voting.ledger.executor.call_view(asked))[0] == 4


def test_an_account_that_lost_its_organisations_name_is_still_its_own() -> None:
    voting = Voting()
    view = voting.ledger.executor.view()
    view.save(state.key_account(MILL), state.Account(None, None))
    voting.ledger.executor._apply(view.top, {})
    assert admit_as(voting, "other", MILL) == "organisation_known"


def test_enrolling_an_account_hinders_nobodys_admission() -> None:
    voting = Voting()
    assert enrol(voting, "mill", address_of("fifth")) == "ok"
    assert admit_as(voting, "fifth", address_of("fifth")) == "ok"
    view = voting.ledger.executor.view()
    assert state.find_organisation(view, address_of("fifth")) == "fifth"
    assert enrol(voting, "mill", address_of("fifth")) == "enrolled_elsewhere"


# Names


def test_the_name_of_an_organisation_that_left_comes_back_with_its_account_only() -> None:
    voting = Voting()
    assert enrol(voting, "mill", CAROL) == "ok"
    decide_expulsion(voting)
    assert admit_as(voting, "mill", address_of("other")) == "name_used"
    with pytest.raises(InvalidTransaction):
        voting.check("carol")
    assert admit_as(voting, "mill", MILL) == "ok"
    voting.check("carol")
    view = voting.ledger.executor.view()
    assert view.get(membership.key_former("mill")) is None


def test_the_account_of_an_organisation_that_left_may_have_another_name() -> None:
    voting = Voting()
    decide_expulsion(voting)
    assert admit_as(voting, "new mill", MILL) == "ok"
    assert admit_as(voting, "mill", address_of("other")) == "name_used"


def test_what_an_expelled_organisation_announced_is_forgotten() -> None:
    voting = Voting()
    announced = ledger_call("announce_version", system.AnnounceVersionArguments(Unsigned(2)))
    for name in ("bank", "mill"):
        assert voting.ledger.status(name, announced) == "ok"
    decide_expulsion(voting)
    view = voting.ledger.executor.view()
    support = view.require(tuple[state.Support, ...], state.SUPPORT)
    assert [each.organisation for each in support] == ["bank"]
