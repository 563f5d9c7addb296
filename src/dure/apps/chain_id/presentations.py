"""Certificates of which a person shows as much as they choose: SD-JWT with key binding (RFC 9901).

Rules
-----
1. A certificate is `<JWT>~<disclosure>~…~`: the issuer signs digests of its claims, and each
   disclosure `[salt, name, value]` opens one of them. Who leaves a disclosure away shows no more
   than how many claims there are: 128 random bits of salt stand before each name and value.
2. A presentation ends with a second JWT by the holder's key: for whom it is (`aud`), which
   challenge it answers (`nonce`), when, and over which disclosures (`sd_hash`). So neither a
   listener nor the institution itself can show it elsewhere, or with other disclosures. A holder
   without such a key shows the disclosures alone; then nothing is believed but what the holder's
   account has signed for them on the chain (`challenges`).
3. Flat claims only: no digest stands inside of a value, and no claim of a person stands in clear in
   the JWT. Whatever else a payload holds is refused.
4. One algorithm, Ed25519 (RFC 8037, RFC 9864). A header that names another is refused before any
   signature is looked at.
5. Everything is bounded before it is read.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_bytes
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64decode

from dure.core.errors import AccessDenied
from dure.core.types import Hash, PublicKey
from dure.identity.keys import Key

ALGORITHM: Final = "Ed25519"
KIND: Final = "dc+sd-jwt"
BINDING_KIND: Final = "kb+jwt"
BYTES_MAX: Final = 16_384
"""Characters of a presentation."""
DISCLOSURES_MAX: Final = 16
BINDING_AGE_MAX_S: Final = 300
"""A presentation that was signed earlier is refused, whatever it answers."""
CLOCK_SKEW_S: Final = 60

ClaimValue = str | int | bool
T = TypeVar("T")


class PresentationRefused(AccessDenied):
    """A certificate or presentation that does not prove what it should."""


class Jwk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An Ed25519 key as RFC 8037 writes it."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{43}$")]


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the holder proves to have: a key, or an account that answers instead (RFC 7800)."""

    jwk: Jwk | None = None
    kid: str | None = None
    """`urn:dure:` and the address of the account: a key by its name (section 3.4)."""


class Payload(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"digests": "_sd", "digest_algorithm": "_sd_alg"},
):
    """What the issuer signs. Times are seconds since 1970."""

    iss: str
    """The issuer's account: `urn:dure:` and the address."""
    vct: str
    """The type of the credential."""
    register: str
    """The contract that says whether it is valid: `urn:dure:` and the address."""
    iat: int
    exp: int
    cnf: Confirmation
    digests: Annotated[tuple[str, ...], msgspec.Meta(max_length=DISCLOSURES_MAX)]
    digest_algorithm: Literal["sha-256"]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the holder signs."""

    iat: int
    aud: str
    nonce: str
    sd_hash: str


@dataclass(frozen=True, slots=True)
class Presentation:
    """A certificate or presentation taken apart; nothing of it has been verified yet."""

    jwt: str
    disclosures: tuple[str, ...]
    binding: str
    """The holder's JWT; empty in a certificate."""

    @property
    def shown(self) -> str:
        """The part that the holder's signature covers."""
        return "~".join((self.jwt, *self.disclosures, ""))

    @property
    def text(self) -> str:
        return self.shown + self.binding


def draw_salt() -> str:
    """Return 128 random bits as text."""
    return encode_base64(token_bytes(16))


def issue(
    payload: Payload,
    claims: Mapping[str, ClaimValue],
    key: Key,
    *,
    draw: Callable[[], str] = draw_salt,
) -> str:
    """Return a certificate with all its disclosures; the payload's digests are filled in here."""
    disclosures = [write_disclosure(draw(), name, value) for name, value in claims.items()]
    digests = tuple(sorted(compute_digest(each) for each in disclosures))
    filled = msgspec.structs.replace(payload, digests=digests)
    jwt = _sign(KIND, msgspec.json.encode(filled), key)
    return "~".join((jwt, *disclosures, ""))


def choose(certificate: str, names: Collection[str]) -> Presentation:
    """Return what shows these claims of a certificate and no others, not signed by anybody.

    Raises `PresentationRefused` where the certificate has no such claim.
    """
    whole = read_presentation(certificate)
    by_name = {open_disclosure(each)[0]: each for each in whole.disclosures}
    missing = sorted(set(names) - by_name.keys())
    if missing:
        raise PresentationRefused(f"the certificate does not say {', '.join(missing)}")
    return Presentation(whole.jwt, tuple(by_name[name] for name in by_name if name in names), "")


def present(
    certificate: str,
    names: Collection[str],
    key: Key,
    *,
    audience: str,
    nonce: str,
    now_s: int,
) -> str:
    """Return what shows these claims, signed by the holder's key for one audience; see `choose`."""
    bare = choose(certificate, names)
    binding = Binding(now_s, audience, nonce, compute_digest(bare.shown))
    return bare.shown + _sign(BINDING_KIND, msgspec.json.encode(binding), key)


def read_presentation(text: str) -> Presentation:
    """Return the parts; raise `PresentationRefused` where there are none or too many."""
    if len(text) > BYTES_MAX or not text.isascii():
        raise PresentationRefused(f"a presentation has at most {BYTES_MAX} ASCII characters")
    jwt, *rest = text.split("~")
    if not rest or not jwt:
        raise PresentationRefused("that is no SD-JWT: it has no ~ behind its JWT")
    *disclosures, binding = rest
    if len(disclosures) > DISCLOSURES_MAX:
        raise PresentationRefused(f"a presentation has at most {DISCLOSURES_MAX} disclosures")
    return Presentation(jwt, tuple(disclosures), binding)


def verify_payload(presentation: Presentation, issuer_key: bytes) -> Payload:
    """Return what the issuer signed; raise `PresentationRefused`."""
    return _verify(presentation.jwt, KIND, issuer_key, Payload)


def open_claims(presentation: Presentation, payload: Payload) -> dict[str, ClaimValue]:
    """Return the claims shown; raise `PresentationRefused` for one that the issuer did not sign."""
    claims: dict[str, ClaimValue] = {}
    for text in presentation.disclosures:
        if compute_digest(text) not in payload.digests:
            raise PresentationRefused("a disclosure is not of this certificate")
        name, value = open_disclosure(text)
        if name in claims or name in {*Payload.__struct_encode_fields__, "..."}:
            raise PresentationRefused("a disclosure names a claim that is there already")
        claims[name] = value
    return claims


def verify_binding(
    presentation: Presentation, key: bytes, *, audience: str, nonce: str, now_s: int
) -> None:
    """Raise `PresentationRefused` unless the holder signed just now, for audience and nonce."""
    if not presentation.binding:
        raise PresentationRefused("the holder has not signed the presentation")
    binding = _verify(presentation.binding, BINDING_KIND, key, Binding)
    if binding.aud != audience:
        raise PresentationRefused("the presentation is for somebody else")
    if not hmac.compare_digest(binding.nonce.encode(), nonce.encode()):
        raise PresentationRefused("the presentation answers another challenge")
    if binding.sd_hash != compute_digest(presentation.shown):
        raise PresentationRefused("disclosures were added or taken away")
    if not now_s - BINDING_AGE_MAX_S <= binding.iat <= now_s + CLOCK_SKEW_S:
        raise PresentationRefused("the presentation was not signed just now")


def compute_certificate_digest(certificate: Presentation) -> Hash:
    """Return what the register keeps of a certificate: SHA-256 of the issuer's JWT."""
    return Hash(sha256(certificate.jwt.encode()).digest())


def build_jwk(key: PublicKey) -> Jwk:
    """Return a public key as JWK."""
    return Jwk("OKP", "Ed25519", encode_base64(key))


def write_disclosure(salt: str, name: str, value: ClaimValue) -> str:
    """Return a disclosure's text."""
    return encode_base64(msgspec.json.encode((salt, name, value)))


def open_disclosure(text: str) -> tuple[str, ClaimValue]:
    """Return name and value of a disclosure; raise `PresentationRefused`."""
    _, name, value = _read_json(text, tuple[str, str, ClaimValue])
    return name, value


def compute_digest(text: str) -> str:
    """Return the digest of a disclosure, or of what a holder shows (RFC 9901, 4.2.3 and 4.3.1)."""
    return encode_base64(sha256(text.encode("ascii")).digest())


def encode_base64(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _sign(kind: str, payload: bytes, key: Key) -> str:
    header = msgspec.json.encode({"alg": ALGORITHM, "typ": kind})
    message = f"{encode_base64(header)}.{encode_base64(payload)}"
    return f"{message}.{encode_base64(key.sign(message.encode()))}"


def _verify(text: str, kind: str, key: bytes, type_: type[T]) -> T:
    header = _read_json(text.partition(".")[0], dict[str, Any])
    if header != {"alg": ALGORITHM, "typ": kind}:
        raise PresentationRefused(f"a signed part is no {kind}, or has other headers")
    try:
        jwk = OKPKey.import_key(msgspec.structs.asdict(build_jwk(PublicKey(key))))
        opened = jws.deserialize_compact(text, jwk, algorithms=[ALGORITHM])
    except (JoseError, ValueError) as problem:
        raise PresentationRefused(f"a signature does not hold: {problem}") from problem
    decoded: T = _decode(opened.payload, type_)
    return decoded


def _read_json(text: str, type_: Any) -> Any:
    try:
        data = urlsafe_b64decode(text.encode("ascii"))
    except ValueError as problem:
        raise PresentationRefused("a part is not base64url") from problem
    return _decode(data, type_)


def _decode(data: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise PresentationRefused(f"a part cannot be read: {problem}") from problem
