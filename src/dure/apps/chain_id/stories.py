"""Runs of Chain ID as a reader should see them: demo, test and documentation from one text."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.chain_id.contract import (
    ChainIdentity,
    Claim,
    Purpose,
    Status,
)
from dure.contract.language import Hash, Time, days
from dure.core.codec import encode
from dure.testing import Deployed, Person, World

YEARS = 3


@dataclass(frozen=True)
class Register:
    """The contract and the institutions with which every story begins."""

    chain: Deployed
    association: Person
    broker: Person
    """Verifies people; the others accept what it verified."""
    bank: Person
    shop: Person


def open_register(world: World) -> Register:
    """Admit a securities firm and a bank, which may both verify people, and a small shop."""
    association, broker, bank, shop = world.people("association", "broker", "bank", "shop")
    chain = world.deploy(ChainIdentity, by=association)
    for member, name, issues in (
        (broker, "Hanbit Securities", True),
        (bank, "Dure Bank", True),
        (shop, "Corner Shop", False),
    ):
        key = member.account.keys[0].public
        chain.admit(by=association, institution=member, name=name, key=key, issues=issues)
    return Register(chain, association, broker, bank, shop)


def apply(register: Register, person: Person, institution: Person) -> None:
    """Ask an institution to verify the person, whose account's key signs presentations too."""
    key = person.account.keys[0]
    message = encode((register.chain.address, person.address, institution.address))
    register.chain.apply(
        by=person, institution=institution, key=key.public, proof=key.sign(message)
    )


def digest(text: str) -> Hash:
    """Return what stands on the chain for a sealed document, a certificate or a challenge."""
    return Hash(sha256(text.encode()).digest())


def in_three_years(world: World) -> Time:
    """Return when a certificate that is issued now expires."""
    return world.now + days(365 * YEARS)


def verify(world: World, register: Register, person: Person, name: str) -> int:
    """Have the securities firm verify a person and issue a certificate for three years."""
    apply(register, person, register.broker)
    number = register.chain.issue(
        by=register.broker,
        applicant=person,
        evidence=digest(f"sealed evidence of {name}"),
        certificate=digest(f"certificate of {name}"),
        expires=in_three_years(world),
    )
    assert isinstance(number, int)
    return number


def verified_once_accepted_everywhere(world: World) -> None:
    """A securities firm verifies Minji once; bank and shop accept it with no second check."""
    register = open_register(world)
    minji = world.person("minji")
    number = verify(world, register, minji, "minji")

    chain = register.chain
    chain.sign_in(
        by=minji,
        institution=register.bank,
        purpose=Purpose.ACCOUNT_OPENING,
        challenge=digest("bank, 1"),
        claims=[Claim.NAME, Claim.RESIDENT],
    )
    chain.sign_in(
        by=minji,
        institution=register.shop,
        purpose=Purpose.SIGN_IN,
        challenge=digest("shop, 1"),
        claims=[Claim.ADULT],
    )
    assert chain.answer(register.bank, digest("bank, 1")).identity == number
    with world.refused("the challenge was answered before"):
        chain.sign_in(
            by=minji,
            institution=register.shop,
            purpose=Purpose.SIGN_IN,
            challenge=digest("shop, 1"),
            claims=[Claim.ADULT],
        )

    shown = [(entry.institution, entry.claims) for entry in chain.history(number, 0)]
    assert shown == [
        (register.bank.address, [Claim.NAME, Claim.RESIDENT]),
        (register.shop.address, [Claim.ADULT]),
    ]


def lost_phone_is_worth_nothing_to_its_finder(world: World) -> None:
    """Minji loses her phone; her identity moves to a new account, and the old one is worthless."""
    register = open_register(world)
    minji, new_phone = world.people("minji", "minji's new phone")
    number = verify(world, register, minji, "minji")
    chain = register.chain

    chain.suspend(by=register.broker, number=number)
    assert chain.check(digest("certificate of minji")).status is Status.SUSPENDED
    with world.refused("the identity is not valid"):
        chain.sign_in(
            by=minji,
            institution=register.bank,
            purpose=Purpose.SIGN_IN,
            challenge=digest("bank, 1"),
            claims=[],
        )

    apply(register, new_phone, register.broker)
    chain.replace_holder(
        by=register.broker,
        number=number,
        applicant=new_phone,
        evidence=digest("sealed evidence of minji, again"),
        certificate=digest("certificate of minji's new phone"),
        expires=in_three_years(world),
    )
    chain.sign_in(
        by=new_phone,
        institution=register.bank,
        purpose=Purpose.SIGN_IN,
        challenge=digest("bank, 1"),
        claims=[],
    )
    assert chain.check(digest("certificate of minji")).status is Status.REPLACED
    with world.refused("the account holds no identity"):
        chain.sign_in(
            by=minji,
            institution=register.bank,
            purpose=Purpose.SIGN_IN,
            challenge=digest("bank, 2"),
            claims=[],
        )


def person_sees_who_looked(world: World) -> None:
    """The bank looks while Minji allows it; the law asks nobody, and leaves its trace as well."""
    register = open_register(world)
    minji = world.person("minji")
    number = verify(world, register, minji, "minji")
    chain = register.chain

    case = digest("the bank's case 17")
    with world.refused("the person has not consented"):
        chain.look(by=register.bank, number=number, purpose=Purpose.CUSTOMER_CARE, reference=case)
    chain.consent(by=minji, institution=register.bank, until=world.now + days(7))
    chain.look(by=register.bank, number=number, purpose=Purpose.CUSTOMER_CARE, reference=case)
    world.wait(days=8)
    with world.refused("the person has not consented"):
        chain.look(by=register.bank, number=number, purpose=Purpose.CUSTOMER_CARE, reference=case)
    order = digest("court order 3 of 2026")
    chain.look(by=register.broker, number=number, purpose=Purpose.LEGAL_DUTY, reference=order)

    looked = [(entry.institution, entry.purpose) for entry in chain.history(number, 0)]
    assert looked == [
        (register.bank.address, Purpose.CUSTOMER_CARE),
        (register.broker.address, Purpose.LEGAL_DUTY),
    ]


def expelled_issuer_takes_nobody_along(world: World) -> None:
    """The firm that verified Minji is expelled; the bank verifies her again, her number stays."""
    register = open_register(world)
    minji = world.person("minji")
    number = verify(world, register, minji, "minji")
    chain = register.chain

    chain.expel(by=register.association, institution=register.broker, successor=register.bank)
    assert chain.status_of(number) is Status.UNTRUSTED
    apply(register, minji, register.bank)
    chain.renew(
        by=register.bank,
        applicant=minji,
        evidence=digest("sealed evidence of minji, at the bank"),
        certificate=digest("certificate of minji, by the bank"),
        expires=in_three_years(world),
    )
    assert chain.status_of(number) is Status.VALID
    assert chain.check(digest("certificate of minji")).status is Status.REPLACED
