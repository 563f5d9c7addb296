"""Certificates and the register together: what is issued, and what an institution believes.

An institution believes a presentation when three things agree: what the issuer signed, what the
holder signed for it, and what the register says at this block. A stolen issuing key alone makes no
certificate, because its digest is registered by the issuer's account. Where the register has no key
for the holder, the account has signed: its entry carries the digest of what is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol

from dure.apps.chain_id.challenges import compute_reference
from dure.apps.chain_id.contract import Application, Check, Claim, Entry, Identity, Status
from dure.apps.chain_id.presentations import (
    ClaimValue,
    Confirmation,
    Payload,
    PresentationRefused,
    build_jwk,
    compute_certificate_digest,
    issue,
    open_claims,
    read_presentation,
    verify_binding,
    verify_payload,
)
from dure.chain.transaction import Call
from dure.contract.library.association import Institution
from dure.core.address import encode_address
from dure.core.types import Address, Hash, PublicKey
from dure.identity.keys import Key
from dure.sdk import Account, Draft, SignedTransaction

CREDENTIAL_TYPE: Final = "urn:dure:chain-id:1"
CLAIM_NAMES: Final[Mapping[Claim, str]] = {
    Claim.ADULT: "adult",
    Claim.RESIDENT: "resident",
    Claim.NAME: "name",
    Claim.BIRTHDATE: "birthdate",
}
"""What the contract calls a claim, and how it is called in certificates and tokens."""
SALT_BYTES: Final = 32


class Register(Protocol):
    """The port to the contract: what a node answers at its newest final block."""

    contract: Address

    async def check(self, certificate: Hash) -> Check: ...

    async def find_answer(self, institution: Address, challenge: Hash) -> Entry | None:
        """Return the entry by which somebody answered a challenge, None where nobody has."""
        ...

    async def get_status(self, identity: int) -> Status: ...

    async def get_identity(self, identity: int) -> Identity: ...

    async def find_application(self, applicant: Address) -> Application | None:
        """Return whom an account has asked, None where it has asked nobody, or was verified."""
        ...

    async def find_identity(self, holder: Address) -> int | None:
        """Return the number of the identity that an account holds, None where it holds none."""
        ...

    async def get_institution(self, institution: Address) -> Institution: ...

    async def get_site(self, institution: Address) -> str:
        """Return at which site an institution asks people, an empty text where it has none."""
        ...

    async def list_history(self, identity: int, start: int) -> Sequence[Entry]:
        """Return up to `LISTED_MAX` entries, oldest first, from place `start` of 0 on."""
        ...

    async def count_history(self, identity: int) -> int: ...


class SigningRegister(Register, Protocol):
    """The same port for somebody who acts as well."""

    async def call(self, method: str, *, by: Account, **arguments: object) -> Any:
        """Have the contract do something; raise what it refused."""
        ...


class DraftingRegister(Register, Protocol):
    """The same port for somebody whose signature comes from a page."""

    async def build_call(self, method: str, **arguments: object) -> Call:
        """Return a call of the contract."""
        ...

    async def draft(self, calls: Sequence[Call], *, by: Account) -> Draft:
        """Return an unsigned transaction."""
        ...

    async def send(self, signed: SignedTransaction) -> None:
        """Have it done, and return when it is final and proved; raise what was refused."""
        ...

    async def find_acting_key(self, account: Address) -> bytes | None:
        """Return the one key that acts for an account now, None while it is that of its address."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What a certificate says beside the person's claims."""

    contract: Address
    issuer: Address
    holder: Address
    holder_key: bytes
    """What signs presentations; empty where the account answers by its entries."""
    issued_s: int
    expires_s: int


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation that was believed."""

    identity: int
    issuer: Address
    claims: Mapping[str, ClaimValue]
    entry: Entry | None = None
    """The entry by which the account answered, where it has no key that signs presentations."""


def compute_evidence_digest(evidence: bytes, salt: bytes) -> Hash:
    """Return what the chain keeps of a verification's evidence.

    The salt, 32 random bytes, stays sealed with the evidence: without both nobody can tell what the
    digest stands for, and when they are erased it stands for nothing.
    """
    assert len(salt) == SALT_BYTES, "a salt has 32 bytes"
    return Hash(sha256(b"dure chain id evidence\0" + salt + evidence).digest())


def issue_certificate(
    terms: Terms, claims: Mapping[Claim, ClaimValue], key: Key
) -> tuple[str, Hash]:
    """Return a certificate for its holder, and the digest that the issuer registers."""
    payload = Payload(
        iss=name_account(terms.issuer),
        vct=CREDENTIAL_TYPE,
        register=name_account(terms.contract),
        iat=terms.issued_s,
        exp=terms.expires_s,
        cnf=build_confirmation(terms.holder_key, terms.holder),
        digests=(),
        digest_algorithm="sha-256",
    )
    named = {CLAIM_NAMES[claim]: value for claim, value in claims.items()}
    certificate = issue(payload, named, key)
    return certificate, compute_certificate_digest(read_presentation(certificate))


def build_confirmation(key: bytes, holder: Address) -> Confirmation:
    """Return what a certificate names of its holder: the key, or the account that has none."""
    if key:
        return Confirmation(jwk=build_jwk(PublicKey(key)))
    return Confirmation(kid=name_account(holder))


async def verify_presentation(
    text: str,
    register: Register,
    *,
    institution: Address,
    audience: str,
    nonce: str,
    now_s: int,
) -> Presented:
    """Return who presents themselves at an institution and what they show.

    Raises `PresentationRefused`. Time is the caller's clock; whether the certificate is valid is
    decided by the register.
    """
    presentation = read_presentation(text)
    found = await register.check(compute_certificate_digest(presentation))
    if found.status is not Status.VALID:
        raise PresentationRefused(f"the certificate {found.status.value}", status=found.status.name)
    payload = verify_payload(presentation, found.issuer_key)
    holder = (await register.get_identity(found.identity)).holder
    validate_payload(payload, found, holder, register.contract, now_s)
    entry = None
    if found.key:
        verify_binding(presentation, found.key, audience=audience, nonce=nonce, now_s=now_s)
    else:
        reference = compute_reference(nonce, presentation.text)
        entry = await find_entry(register, institution, reference, found.identity)
    claims = open_claims(presentation, payload)
    return Presented(found.identity, found.issuer, claims, entry)


async def find_entry(
    register: Register, institution: Address, reference: Hash, identity: int
) -> Entry:
    """Return an identity's entry at an institution; raise `PresentationRefused` without one."""
    entry = await register.find_answer(institution, reference)
    if entry is None or entry.identity != identity:
        raise PresentationRefused("this identity has not signed in on the chain")
    return entry


def validate_payload(
    payload: Payload, found: Check, holder: Address, contract: Address, now_s: int
) -> None:
    """Raise `PresentationRefused` unless certificate and register say the same."""
    agrees = {
        "type": payload.vct == CREDENTIAL_TYPE,
        "register": payload.register == name_account(contract),
        "issuer": payload.iss == name_account(found.issuer),
        "key": payload.cnf == build_confirmation(found.key, holder),
        "expiry": payload.exp * 1000 == found.expires.milliseconds,
    }
    wrong = [name for name, agreed in agrees.items() if not agreed]
    if wrong:
        raise PresentationRefused(f"certificate and register disagree: {', '.join(wrong)}")
    if now_s >= payload.exp:
        raise PresentationRefused("the certificate has expired")


def name_account(address: Address) -> str:
    """Return the URN of an account or a contract."""
    return f"urn:dure:{encode_address(address)}"
