"""What an authenticator signs, and whether it signed this challenge for that passkey.

Rules
-----
1. Nothing is parsed. The client data must begin with exactly the bytes that WebAuthn prescribes for
   type, challenge, origin and `crossOrigin: false`; then comes `}` or `,` and whatever the browser
   adds. That is the limited verification algorithm, for which browsers promise this order.
2. The type is `webauthn.get`, the challenge the transaction id, the origin one of the passkey's
   own. A page inside a page of another origin (`crossOrigin: true`) signs nothing.
3. The authenticator data begins with the SHA-256 of the passkey's relying party id, and says that
   the user was present and verified. The counter is no rule: synchronised passkeys have none.
4. Its length is what its flags say: 37 bytes, more only with extensions. It brings no new key, and
   no passkey is backed up that cannot be.
5. The signature is over the SHA-256 of authenticator data and the client data's SHA-256 (`p256`).

Source: Web Authentication Level 3, sections 5.8.1.2 (client data), 6.1 (authenticator data), 6.3.3
and 7.2 (assertions).
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta

from dure.core.codec import Wire
from dure.core.errors import WrongAssertion
from dure.core.types import Digest, Signature

RP_ID_MAX: Final = 253
ORIGIN_MAX: Final = 255
ORIGINS_MAX: Final = 8
AUTHENTICATOR_DATA_MIN: Final = 37
AUTHENTICATOR_DATA_MAX: Final = 256
CLIENT_DATA_MAX: Final = 1024

USER_PRESENT: Final = 0x01
USER_VERIFIED: Final = 0x04
BACKUP_ELIGIBLE: Final = 0x08
BACKED_UP: Final = 0x10
ATTESTED: Final = 0x40
EXTENSIONS: Final = 0x80

RelyingPartyId = Annotated[str, Meta(pattern=rf"^[a-z0-9.-]{{1,{RP_ID_MAX}}}\Z")]
"""A domain: `bank.example`."""
Origin = Annotated[str, Meta(pattern=rf"^[!#-\[\]-~]{{1,{ORIGIN_MAX}}}\Z")]
"""Where the page comes from: `https://pay.bank.example`.

ASCII without quote and backslash, so that it stands in JSON as it is.
"""


class PasskeyAssertion(Wire, frozen=True, tag="assertion-1"):
    """What an authenticator returned for one challenge."""

    authenticator_data: Annotated[
        bytes, Meta(min_length=AUTHENTICATOR_DATA_MIN, max_length=AUTHENTICATOR_DATA_MAX)
    ]
    client_data_json: Annotated[bytes, Meta(min_length=1, max_length=CLIENT_DATA_MAX)]
    signature: Signature
    """r and s, 32 bytes each; s is low."""


def validate_assertion(
    assertion: PasskeyAssertion, challenge: Digest, *, rp_id: str, origins: tuple[str, ...]
) -> None:
    """Raise `WrongAssertion` unless it says what it must; its signature is not looked at."""
    flaw = _find_client_flaw(assertion.client_data_json, challenge, origins)
    flaw = flaw or _find_authenticator_flaw(assertion.authenticator_data, rp_id)
    if flaw:
        raise WrongAssertion(f"the passkey's assertion does not count: {flaw}")


def compute_signed_digest(assertion: PasskeyAssertion) -> Digest:
    """Return the digest that the authenticator signed; WebAuthn's own, without a domain of ours."""
    client_data_hash = sha256(assertion.client_data_json).digest()
    return sha256(assertion.authenticator_data + client_data_hash).digest()


def write_challenge(challenge: Digest) -> bytes:
    """Return the base64url text of a challenge, without padding (WebAuthn, section 3)."""
    return urlsafe_b64encode(challenge).rstrip(b"=")


def _find_client_flaw(client_data: bytes, challenge: Digest, origins: tuple[str, ...]) -> str:
    start = b'{"type":"webauthn.get","challenge":"' + write_challenge(challenge) + b'","origin":"'
    if not client_data.startswith(start):
        return "the client data is not about this transaction"
    for origin in origins:
        expected = start + origin.encode("ascii") + b'","crossOrigin":false'
        if client_data.startswith(expected):
            if client_data[len(expected) : len(expected) + 1] in {b"}", b","}:
                return ""
            return "the client data goes on otherwise than WebAuthn says"
    return "it was made on a page of another origin, or inside of one"


def _find_authenticator_flaw(data: bytes, rp_id: str) -> str:
    flags = data[32]
    is_short = len(data) == AUTHENTICATOR_DATA_MIN
    rules = (
        (data[:32] == sha256(rp_id.encode("ascii")).digest(), "it is for another relying party"),
        (flags & USER_PRESENT, "the user was not present"),
        (flags & USER_VERIFIED, "the user was not verified"),
        (not flags & ATTESTED, "it brings a new key"),
        (bool(flags & EXTENSIONS) != is_short, "its length is not what its flags say"),
        (flags & BACKUP_ELIGIBLE or not flags & BACKED_UP, "it is backed up and cannot be"),
    )
    return next((flaw for holds, flaw in rules if not holds), "")
