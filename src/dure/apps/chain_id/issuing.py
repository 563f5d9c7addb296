"""What an institution does with a person whom it verified: sign a certificate, and register it.

The certificate and its evidence's salt are written before the chain hears of them, so that a lost
answer loses neither, and are taken away where the chain refuses.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dure.apps.chain_id.contract import Claim
from dure.apps.chain_id.offchain import (
    SigningRegister,
    Terms,
    compute_evidence_digest,
    issue_certificate,
)
from dure.apps.chain_id.presentations import ClaimValue
from dure.core.errors import ConfigurationError
from dure.core.types import Address
from dure.identity.files import write_new_file
from dure.identity.keys import Key
from dure.sdk import ContractRefused, LocalAccount, RequestRefused

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Verified:
    """A person whom an institution has verified."""

    applicant: Address
    claims: Mapping[Claim, ClaimValue]
    evidence: bytes
    salt: bytes
    """32 random bytes, sealed with the evidence."""
    days: int
    """Of validity."""


async def issue_to(
    register: SigningRegister, key: Key, verified: Verified, certificate: Path, *, now_s: int
) -> int:
    """Write and register a person's first certificate, or the next; return the identity's number.

    Raises `ConfigurationError` where the register has another key for the institution, before
    anything is signed, or where a file is there already; and what the register refused.
    """
    account, holder = LocalAccount(key), verified.applicant
    if (await register.get_institution(account.address)).key != key.public:
        message = "the register has another issuing key for this institution: change_issuing_key"
        raise ConfigurationError(message)
    asked = await register.find_application(holder)
    if asked is None:
        raise ConfigurationError("that account has not applied at any institution")
    expires_s = now_s + verified.days * DAY_S
    terms = Terms(register.contract, account.address, holder, asked.key, now_s, expires_s)
    text, digest = issue_certificate(terms, verified.claims, key)
    held = await register.find_identity(holder)
    files = {
        certificate: text.encode() + b"\n",
        certificate.with_name(f"{certificate.name}.salt"): verified.salt.hex().encode() + b"\n",
    }
    with _kept_unless_refused(files):
        done = await register.call(
            "issue" if held is None else "renew",
            by=account,
            applicant=holder,
            evidence=compute_evidence_digest(verified.evidence, verified.salt),
            certificate=digest,
            expires=expires_s * 1000,
        )
    number: int = done.result if held is None else held
    return number


@contextmanager
def _kept_unless_refused(files: Mapping[Path, bytes]) -> Iterator[None]:
    """Write new private files; take them away where what they belong to is refused for certain."""
    written: list[Path] = []
    try:
        for path, data in files.items():
            write_new_file(path, data, mode=0o600)
            written.append(path)
        yield
    except (ConfigurationError, ContractRefused, RequestRefused):
        for path in written:
            path.unlink()
        raise
