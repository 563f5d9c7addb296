"""An authenticator in software, and the browser around it: what a real pair returns, and forgeries.

Made with `cryptography` alone, from the texts of WebAuthn level 3 (sections 5.8.1.1 and 6.1), so
that it shares no line with what judges it.
"""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
USER_PRESENT, USER_VERIFIED, EXTENSIONS = 0x01, 0x04, 0x80


@dataclass(frozen=True)
class Assertion:
    """What `navigator.credentials.get` returns; the signature as r and s of 32 bytes each."""

    authenticator_data: bytes
    client_data_json: bytes
    signature: bytes


@dataclass
class SoftAuthenticator:
    """One passkey at one relying party, used on one page. Each field may be made to lie."""

    rp_id: str = "bank.example"
    origin: str = "https://bank.example"
    secret: int = 7
    flags: int = USER_PRESENT | USER_VERIFIED
    type: str = "webauthn.get"
    cross_origin: bool = False
    more: dict[str, object] = field(default_factory=dict)
    """Members that the browser adds at the end."""
    extensions: bytes = b""
    counter: int = 0

    @property
    def public(self) -> bytes:
        """The compressed point."""
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def get(self, challenge: bytes) -> Assertion:
        """Sign a challenge."""
        self.counter += 1
        return self.sign(self.write_authenticator_data(), self.write_client_data(challenge))

    def sign(self, authenticator_data: bytes, client_data: bytes) -> Assertion:
        """Sign these bytes, whatever they say; s is low."""
        signed = authenticator_data + sha256(client_data).digest()
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")
        return Assertion(authenticator_data, client_data, signature)

    def write_authenticator_data(self) -> bytes:
        """Return hash of the relying party, flags, counter, extensions."""
        flags = self.flags | (EXTENSIONS if self.extensions else 0)
        start = sha256(self.rp_id.encode()).digest() + bytes([flags])
        return start + self.counter.to_bytes(4, "big") + self.extensions

    def write_client_data(self, challenge: bytes) -> bytes:
        """Return the client data in the order that browsers keep."""
        said: dict[str, object] = {
            "type": self.type,
            "challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(said | self.more, separators=(",", ":")).encode()

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256R1())
