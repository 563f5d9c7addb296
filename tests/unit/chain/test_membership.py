"""The members' registry: who certifies whose nodes, whose devices, and roles at every contract."""

from typing import Any

import msgspec

from dure.chain import membership, state, system
from dure.chain.membership import Attribute
from dure.core.types import Address, Hash
from tests.unit.chain.ledger import (
    ALICE,
    AUTHORITY,
    BANK,
    BOB,
    CAROL,
    PORT,
    Ledger,
    address_of,
    ask,
    derive_key,
    ledger_call,
)

DEVICE = address_of("thermometer")


def decide(ledger: Ledger, sender: str, method: str, arguments: Any) -> str:
    return ledger.status(sender, ledger_call(method, arguments))


def give(ledger: Ledger, sender: str, holder: Address, role: str = "oracle") -> str:
    return decide(ledger, sender, "give_role", system.ChainRoleArguments(role, holder))


def take(ledger: Ledger, sender: str, holder: Address, role: str = "oracle") -> str:
    return decide(ledger, sender, "take_role", system.ChainRoleArguments(role, holder))


def register(ledger: Ledger, sender: str, label: str = "thermometer") -> str:
    device = system.NewDevice("t-1", "thermometer", derive_key(label).public)
    return decide(ledger, sender, "register_devices", system.RegisterDevicesArguments((device,)))


def holds(ledger: Ledger, holder: Address, role: str = "oracle") -> bool:
    return membership.has_chain_role(ledger.executor.view(), holder, role)


def read(ledger: Ledger, organisation: str) -> membership.Membership:
    return membership.get_membership(ledger.executor.view(), organisation)


def expel(ledger: Ledger, organisation: str) -> None:
    """Do to the state of a view what an expulsion does, and make it the chain's."""
    view = ledger.executor.view()
    membership.forget_organisation(view, organisation)
    key = state.key_account(AUTHORITY)
    view.save(key, msgspec.structs.replace(view.require(state.Account, key), organisation="port"))
    ledger.executor._apply(view.top, {})


def test_the_genesis_names_who_certifies_for_an_organisation() -> None:
    ledger = Ledger()
    assert read(ledger, "bank").authorities == (b"authority of the bank",)
    assert read(ledger, "port") == membership.NO_MEMBERSHIP


def test_an_organisation_names_its_authorities_itself() -> None:
    ledger = Ledger()
    given = system.SetAuthoritiesArguments((b"old", b"new"))
    assert decide(ledger, "port", "set_authorities", given) == "ok"
    assert read(ledger, "port").authorities == (b"old", b"new")
    assert read(ledger, "bank").authorities == (b"authority of the bank",)
    for sender in ("alice", "authority"):
        assert decide(ledger, sender, "set_authorities", given) == "not_member", sender
    many = system.SetAuthoritiesArguments((b"x",) * 5)
    assert decide(ledger, "port", "set_authorities", many) == "bad_arguments"


def test_attributes_are_the_word_of_the_members_together() -> None:
    ledger = Ledger()
    given = system.SetAttributesArguments(
        "port", (Attribute("country", "KR"), Attribute("licence", "customs"))
    )
    assert decide(ledger, "port", "set_attributes", given) == "not_authority"
    assert decide(ledger, "authority", "set_attributes", given) == "ok"
    assert read(ledger, "port").attributes == given.attributes
    unsorted = system.SetAttributesArguments("port", given.attributes[::-1])
    assert decide(ledger, "authority", "set_attributes", unsorted) == "bad_attributes"
    unknown = system.SetAttributesArguments("city", given.attributes)
    assert decide(ledger, "authority", "set_attributes", unknown) == "organisation_unknown"


def test_a_revoked_certificate_stays_revoked() -> None:
    ledger = Ledger()
    given = system.RevokeCertificatesArguments((b"\1\2",), "the machine was stolen")
    assert decide(ledger, "bank", "revoke_certificates", given) == "ok"
    height = ledger.executor.head.header.height
    assert decide(ledger, "bank", "revoke_certificates", given) == "ok"
    view = ledger.executor.view()
    kept = view.require(membership.Revocation, membership.key_revocation(BANK, b"\1\2"))
    assert kept == membership.Revocation(height, "the machine was stolen")
    assert membership.is_revoked(view, "bank", b"\1\2")
    assert not membership.is_revoked(view, "bank", b"\2")
    assert not membership.is_revoked(view, "port", b"\1\2")
    assert decide(ledger, "alice", "revoke_certificates", given) == "not_member"
    zero = system.RevokeCertificatesArguments((b"\0\2",), "x")
    assert decide(ledger, "bank", "revoke_certificates", zero) == "bad_serial"


def test_members_give_an_organisation_a_role_and_it_passes_it_on_to_its_own() -> None:
    ledger = Ledger()
    assert give(ledger, "bank", BANK) == "not_authority"
    assert give(ledger, "bank", ALICE) == "role_not_held"
    assert give(ledger, "authority", BANK) == "ok"
    assert read(ledger, "bank").roles == ("oracle",)
    assert holds(ledger, BANK)
    assert not holds(ledger, ALICE)
    assert give(ledger, "bank", ALICE) == "ok"
    assert holds(ledger, ALICE)
    assert not holds(ledger, ALICE, "auditor")
    assert give(ledger, "bank", BOB) == "not_enrolled"
    assert give(ledger, "bank", CAROL) == "not_enrolled"
    assert give(ledger, "port", ALICE) == "not_enrolled"
    assert give(ledger, "authority", ALICE) == "not_member"


def test_a_role_taken_from_the_organisation_is_gone_from_those_it_passed_it_on_to() -> None:
    ledger = Ledger()
    give(ledger, "authority", BANK)
    give(ledger, "bank", ALICE)
    assert take(ledger, "bank", BANK) == "not_authority"
    assert take(ledger, "authority", BANK) == "ok"
    assert not holds(ledger, BANK)
    assert not holds(ledger, ALICE)
    assert read(ledger, "bank").roles == ()
    assert take(ledger, "authority", BANK) == "role_not_held"
    assert take(ledger, "bank", ALICE) == "ok"
    give(ledger, "authority", BANK)
    assert not holds(ledger, ALICE)


def test_an_organisation_that_left_has_no_roles_and_passes_none_on() -> None:
    ledger = Ledger()
    give(ledger, "authority", BANK)
    give(ledger, "bank", ALICE)
    expel(ledger, "bank")
    assert not holds(ledger, BANK)
    assert not holds(ledger, ALICE)
    assert read(ledger, "bank") == membership.NO_MEMBERSHIP
    assert membership.is_revoked(ledger.executor.view(), "bank", b"\5")
    # Even where it is admitted again, it begins with nothing.
    admit = system.AdmitOrganisationArguments("savings", CAROL)
    assert decide(ledger, "authority", "admit_organisation", admit) == "ok"
    assert not holds(ledger, CAROL)


def test_an_organisation_that_is_admitted_again_begins_with_nothing() -> None:
    ledger = Ledger()
    assert give(ledger, "authority", PORT) == "ok"
    assert give(ledger, "port", BOB) == "ok"
    named = system.SetAuthoritiesArguments((b"authority of the port",))
    assert decide(ledger, "port", "set_authorities", named) == "ok"
    gone = system.ExpelOrganisationArguments("port", ())
    assert decide(ledger, "authority", "expel_organisation", gone) == "ok"
    assert not holds(ledger, PORT)
    assert not holds(ledger, BOB)
    again = system.AdmitOrganisationArguments("port", PORT)
    assert decide(ledger, "authority", "admit_organisation", again) == "ok"
    assert read(ledger, "port") == membership.NO_MEMBERSHIP
    assert not holds(ledger, PORT)
    assert not holds(ledger, BOB)


def test_roles_of_an_organisation_are_bounded() -> None:
    ledger = Ledger()
    for number in range(membership.ROLES_MAX):
        assert give(ledger, "authority", BANK, f"role {number}") == "ok"
    assert give(ledger, "authority", BANK, "role 0") == "ok"
    assert give(ledger, "authority", BANK, "one more") == "too_many_roles"


def test_a_role_of_the_chain_counts_at_every_contract() -> None:
    ledger = Ledger()
    contract = ledger.deploy()

    def asks(who: Address) -> object:
        record = ledger.run("alice", ask(contract, ("has role", "oracle", who)))
        assert record.receipt.status == "ok", record.receipt
        return record.outcomes[0].result

    no = asks(ALICE)
    give(ledger, "authority", BANK)
    assert asks(ALICE) == no
    give(ledger, "bank", ALICE)
    yes = asks(ALICE)
    assert yes != no
    assert asks(BANK) == yes
    assert asks(PORT) == no
    take(ledger, "bank", ALICE)
    assert asks(ALICE) == no


def test_a_device_is_an_account_of_its_organisation() -> None:
    ledger = Ledger()
    assert register(ledger, "alice") == "not_member"
    assert register(ledger, "port") == "ok"
    view = ledger.executor.view()
    device = view.require(membership.Device, membership.key_device(DEVICE))
    assert (device.organisation, device.name, device.kind) == ("port", "t-1", "thermometer")
    assert membership.find_own_account(view, DEVICE) == PORT
    assert register(ledger, "bank") == "device_known"
    give(ledger, "authority", PORT)
    assert give(ledger, "port", DEVICE) == "ok"
    assert holds(ledger, DEVICE)

    given = system.RemoveDeviceArguments(DEVICE)
    assert decide(ledger, "bank", "remove_device", given) == "device_unknown"
    assert decide(ledger, "port", "remove_device", given) == "ok"
    assert not holds(ledger, DEVICE)
    assert decide(ledger, "port", "remove_device", given) == "device_unknown"


def test_a_device_of_another_organisation_or_with_an_unsound_key_is_refused() -> None:
    ledger = Ledger()
    assert register(ledger, "bank", "bob") == "enrolled_elsewhere"
    unsound = system.NewDevice("t", "t", Hash(bytes(32)))  # type: ignore[arg-type]  # bytes of that length that are no key
    given = system.RegisterDevicesArguments((unsound,))
    assert decide(ledger, "bank", "register_devices", given) == "bad_device"
