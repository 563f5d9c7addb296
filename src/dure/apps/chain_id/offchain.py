"""Certificates and the register together: what is issued, and what an institution believes.

An institution believes a presentation when three things agree: what the issuer signed, what the
holder signed just now, and what the register says at this block. A stolen issuing key alone makes
no certificate, because its digest is registered by the issuer's account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol

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
from dure.contract.library.association import Institution
from dure.core.address import encode_address
from dure.core.types import Address, Hash, PublicKey
from dure.identity.keys import Key
from dure.sdk import Account

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

    async def get_application(self, applicant: Address) -> Application: ...

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What a certificate says beside the person's claims."""

    contract: Address
    issuer: Address
    holder_key: PublicKey
    issued_s: int
    expires_s: int


@dataclass(frozen=True, slots=True)
class Presented:
    """A presentation that was believed."""

    identity: int
    issuer: Address
    claims: Mapping[str, ClaimValue]


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
        cnf=Confirmation(build_jwk(terms.holder_key)),
        digests=(),
        digest_algorithm="sha-256",
    )
    named = {CLAIM_NAMES[claim]: value for claim, value in claims.items()}
    certificate = issue(payload, named, key)
    return certificate, compute_certificate_digest(read_presentation(certificate))


async def verify_presentation(
    text: str, register: Register, *, audience: str, nonce: str, now_s: int
) -> Presented:
    """Return who presents themselves and what they show; raise `PresentationRefused`.

    Time is the caller's clock; whether the certificate is valid is decided by the register.
    """
    presentation = read_presentation(text)
    found = await register.check(compute_certificate_digest(presentation))
    if found.status is not Status.VALID:
        raise PresentationRefused(f"the certificate {found.status.value}", status=found.status.name)
    payload = verify_payload(presentation, found.issuer_key)
    validate_payload(payload, found, register.contract, now_s)
    verify_binding(presentation, found.key, audience=audience, nonce=nonce, now_s=now_s)
    claims = open_claims(presentation, payload)
    return Presented(found.identity, found.issuer, claims)


def validate_payload(payload: Payload, found: Check, contract: Address, now_s: int) -> None:
    """Raise `PresentationRefused` unless certificate and register say the same."""
    agrees = {
        "type": payload.vct == CREDENTIAL_TYPE,
        "register": payload.register == name_account(contract),
        "issuer": payload.iss == name_account(found.issuer),
        "key": payload.cnf.jwk == build_jwk(PublicKey(found.key)),
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
