"""The ledger's own events and calls have names for all that they say."""

from dure.chain import system
from dure.chain.execution.delegation import Permission
from dure.chain.membership import Attribute
from dure.chain.money import LEDGER
from dure.chain.receipt import Record
from dure.chain.transaction import Call, KeyPolicy, compute_asset_id
from dure.contract.bundle import Source
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.types import Address, Gas, Height, Instant, Milliseconds, Unsigned
from dure.proof.json_form import Json
from dure.proof.ledger_words import EVENTS, name_arguments, name_event
from tests.unit.chain.ledger import (
    ALICE,
    BOB,
    CAROL,
    Ledger,
    address_of,
    ask,
    derive_key,
    ledger_call,
    policy_of,
    transfer,
)
from tests.unit.chain.machine import script
from tests.unit.chain.test_validators import choose
from tests.unit.chain.voting import MEMBERS, Voting, expel


def stop(contract: Address) -> Call:
    return ledger_call("stop", system.StopArguments(contract, "잠시"))


def tell_everything() -> tuple[Address, dict[str, dict[str, Json] | None]]:
    """Have the ledger say each thing that it can say; return who did it and the named fields."""
    ledger = Ledger()
    contract = ledger.deploy()
    point = compute_asset_id(contract, "POINT")
    own = [
        ("create", "POINT", 2),
        ("mint", point, ALICE, 9),
        ("burn", point, ALICE, 1),
        ("freeze", point, ALICE, True),
        ("freeze", point, ALICE, False),
        ("move", point, ALICE, BOB, 3),
        ("set rule", point, "allow"),
    ]
    better = system.UpgradeArguments(contract, Source("Script", "better", ()), script())
    start = ledger_call("start", system.StartArguments(contract))
    admit = system.AdmitOrganisationArguments("city", CAROL)
    withdraw = system.WithdrawValidatorsArguments()
    records = [
        *delegate(ledger),
        ledger.run("bob", ask(contract, *own), transfer(ALICE, 2, point)),
        ledger.run("authority", ledger_call("upgrade", better), stop(contract), start),
        ledger.run("authority", ledger_call("admit_organisation", admit)),
        ledger.run("authority", choose(ledger, ["v1"], ahead=9)),
        ledger.run("authority", ledger_call("withdraw_validators", withdraw)),
    ]
    events = [
        event
        for record in [*act_as_members(), *records]
        for each in record.outcomes
        for event in each.events
        if event.contract == LEDGER
    ]
    return contract, {event.name: name_event(event.name, event.data) for event in events}


def act_as_members() -> list[Record]:
    """Have members keep their registry, agree on a version, change a key and expel one of them."""
    voting = Voting()
    device = system.NewDevice("t-1", "thermometer", derive_key("thermometer").public)
    role = system.ChainRoleArguments("oracle", address_of("port"))
    said: list[tuple[str, object]] = [
        ("set_authorities", system.SetAuthoritiesArguments((b"authority of the port",))),
        ("revoke_certificates", system.RevokeCertificatesArguments((b"\1",), "lost")),
        ("register_devices", system.RegisterDevicesArguments((device,))),
        ("remove_device", system.RemoveDeviceArguments(address_of("thermometer"))),
    ]
    announced = ledger_call("announce_version", system.AnnounceVersionArguments(Unsigned(2)))
    attributes = system.SetAttributesArguments("port", (Attribute("country", "KR"),))
    rotated = system.RotateOrganisationArguments("mill", policy_of("new mill"))
    return [
        *(voting.ledger.run("port", ledger_call(name, given)) for name, given in said),
        *(voting.ledger.run(name, announced) for name in MEMBERS),
        voting.decide("activate_version", system.ActivateVersionArguments(2, Height(500))),
        voting.decide("set_attributes", attributes),
        voting.decide("rotate_organisation", rotated),
        voting.decide("give_role", role),
        voting.decide("take_role", role),
        voting.decide("expel_organisation", expel("mill"), voting.attest("bank", "port", "rail")),
    ]


def delegate(ledger: Ledger) -> list[Record]:
    """Have Alice delegate, take back, be recovered by Bob, stop him, and lose her key for good."""
    key = KeyPolicy(derive_key("phone").public)
    allowed = (Permission(LEDGER, "transfer"),)
    granted = system.GrantSessionArguments(key, allowed, (), Gas(0), Instant(ledger.time + 1_000))
    friends = system.SetGuardiansArguments(BOB, Milliseconds(60_000))
    begin = ledger_call("begin_recovery", system.BeginRecoveryArguments(ALICE, key))
    calls = [
        ledger_call("grant_session", granted),
        ledger_call("withdraw_session", system.WithdrawSessionArguments(key)),
        ledger_call("set_guardians", friends),
    ]
    stopping = ledger_call("stop_recovery", system.StopRecoveryArguments(ALICE))
    records = [ledger.run("alice", *calls), ledger.run("bob", begin, stopping, begin)]
    later = system.AdvanceArguments(Instant(ledger.time + 60_000))
    ledger.run("clock", ledger_call("advance", later))
    return [*records, *ledger.commit().candidate.records]


def test_every_event_of_the_ledger_has_named_fields() -> None:
    contract, told = tell_everything()
    assert told.keys() == EVENTS.keys()
    assert all(fields is not None for fields in told.values())
    assert told["contract_stopped"] == {"contract": encode_address(contract), "reason": "잠시"}
    assert told["transfer_rule_set"] is not None
    assert told["transfer_rule_set"]["method"] == "allow"
    assert told["organisation_admitted"] == {"name": "city", "account": encode_address(CAROL)}
    chosen = told["validators_chosen"]
    assert chosen is not None
    assert told["validators_withdrawn"] == {"from_height": chosen["from_height"]}
    assert told["moved"] is not None
    assert told["moved"]["target"] == encode_address(BOB)


def test_what_does_not_fit_has_no_name() -> None:
    assert name_event("contract_started", b"\x91\x01") is None
    assert name_event("no such event", b"\x90") is None
    assert name_arguments("stop", encode((ALICE, ""))) is None
    assert name_arguments("no such method", b"\x90") is None


def test_the_arguments_of_a_contracts_life_are_named() -> None:
    given = name_arguments("stop", encode(system.StopArguments(ALICE, "잠시")))
    assert given == {"contract": encode_address(ALICE), "reason": "잠시"}
    given = name_arguments("start", encode(system.StartArguments(ALICE)))
    assert given == {"contract": encode_address(ALICE)}
