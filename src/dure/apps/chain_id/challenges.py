"""What a sign-in asks and what answers it, worked out alike by provider and phone; pure.

Rules
-----
1. A challenge is the digest of all that a sign-in is about: site, institution, register, the
   application and the address to which its person returns, the claims, the application's own
   request with its state and nonce, and 32 random bytes. So an answer to it answers nothing else,
   and a phone that works the digest out itself has shown its person what is answered.
2. A person whose key signs presentations leaves the challenge itself in the entry. A person without
   such a key, whose account is a passkey, leaves the digest of challenge and presentation: the
   account's own signature, which every validator judges, covers what is shown and to whom.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from dure.core.codec import encode
from dure.core.types import Hash

CLAIMS_MAX: Final = 8

_Text = Annotated[str, msgspec.Meta(max_length=500)]
_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider says of a sign-in, and a phone shows its person."""

    audience: _Text
    """The provider's site."""
    institution: _Text
    contract: _Text
    application: _Text
    application_url: _Text
    claims: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=CLAIMS_MAX)]
    request: _Digest
    """Of what the application has sent: its id, scopes, state, nonce and PKCE challenge."""
    salt: _Digest
    """32 random bytes."""

    @property
    def challenge(self) -> Hash:
        """What is answered."""
        facts = (
            self.audience,
            self.institution,
            self.contract,
            self.application,
            self.application_url,
            self.claims,
            self.request,
            self.salt,
        )
        return Hash(sha256(b"dure chain id challenge\0" + encode(facts)).digest())


def compute_reference(nonce: str, shown: str) -> Hash:
    """Return under what a person without a signing key leaves the entry.

    `nonce` is the challenge in hexadecimal, `shown` a certificate with the disclosures to be shown.
    """
    return Hash(sha256(b"dure chain id answer\0" + encode((nonce, shown))).digest())
