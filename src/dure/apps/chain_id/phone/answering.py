"""What the phone does: apply, keep the certificate, answer a sign-in, show the history.

Rules
-----
1. A link is answered only where it is https (or this device itself) and asks for itself: the
   audience that it names is the site that it came from, so no site can have a presentation made
   that is meant for another.
2. A site asks for an institution only where the register names it as that institution's site, so
   nobody passes for an institution. What is asked is shown before it is answered, and the
   institution by the name that the register has of it; the challenge is the digest of all of it.
3. First the entry on the chain, whose receipt is proved; then the presentation, once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from dure.apps.chain_id.challenges import Asked
from dure.apps.chain_id.contract import LISTED_MAX, Claim, Entry, Identity, Purpose, Status
from dure.apps.chain_id.offchain import CLAIM_NAMES, Register, SigningRegister
from dure.apps.chain_id.phone.wallet import Wallet
from dure.apps.chain_id.presentations import (
    PresentationRefused,
    compute_certificate_digest,
    present,
    read_presentation,
)
from dure.apps.chain_id.provider.settings import is_safe_url
from dure.core.address import decode_address
from dure.core.codec import encode
from dure.core.errors import InvalidEncoding, NotFound, Unavailable
from dure.core.types import Address
from dure.identity.keys import Key
from dure.sdk import Account

ANSWER_BYTES_MAX: Final = 16_384
ENTRIES_MAX: Final = 1_000
"""Of a history: the newest are shown."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The account that signs in, and the key that signs presentations: mostly the same key."""

    account: Account
    key: Key


@dataclass(frozen=True, slots=True)
class Order:
    """A person's decision on one link."""

    link: str
    asked: Asked
    shown: Collection[str]
    now_s: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's identity as the register has it."""

    number: int
    identity: Identity
    status: Status
    is_certificate_here: bool
    """Whether the wallet's certificate is the one in force."""
    entries: tuple[Entry, ...]
    """Newest first."""
    left_out: int
    """How many older entries there are beside these."""
    names: Mapping[Address, str]
    """Of the institutions in the entries, and of the issuer."""


def prove_key(contract: Address, applicant: Address, institution: Address, key: Key) -> bytes:
    """Return the signature by which an application shows the key that it names."""
    return key.sign(encode((contract, applicant, institution)))


async def apply(
    register: SigningRegister, account: Account, key: Key, institution: Address
) -> None:
    """Ask an institution to verify the person."""
    proof = prove_key(register.contract, account.address, institution, key)
    await register.call(
        "apply", by=account, institution=institution, key=bytes(key.public), proof=proof
    )


async def fetch_sign_in(
    http: httpx.AsyncClient, register: Register, link: str, wallet: Wallet
) -> Asked:
    """Return what a link asks; raise `PresentationRefused` where it should not be answered."""
    if not is_safe_url(link):
        raise PresentationRefused("a sign-in link begins with https://")
    asked: Asked = _decode(await _send(http, "GET", link), Asked)
    if asked.audience != f"{urlsplit(link).scheme}://{urlsplit(link).netloc}":
        raise PresentationRefused("the link asks for a presentation that is meant for another site")
    if asked.contract != wallet.contract:
        raise PresentationRefused("the link belongs to another register")
    unknown = set(asked.claims) - set(CLAIM_NAMES.values())
    if unknown:
        raise PresentationRefused("the link asks for claims that are not known here")
    if await register.get_site(read_institution(asked)) != asked.audience:
        raise PresentationRefused(f"{asked.audience} is not the site of the institution it names")
    return asked


async def get_institution_name(register: Register, asked: Asked) -> str:
    """Return how the register calls the institution at which somebody signs in."""
    return (await register.get_institution(read_institution(asked))).name


async def answer_sign_in(
    http: httpx.AsyncClient,
    register: SigningRegister,
    wallet: Wallet,
    signer: Signer,
    order: Order,
) -> None:
    """Sign in: an entry on the chain, then a presentation; raise what either refused."""
    asked = order.asked
    shown = [name for name in asked.claims if name in order.shown]
    # Made before the entry: a certificate without such a claim leaves no entry.
    presentation = present(
        wallet.certificate,
        shown,
        signer.key,
        audience=asked.audience,
        nonce=asked.challenge.hex(),
        now_s=order.now_s,
    )
    await register.call(
        "sign_in",
        by=signer.account,
        institution=read_institution(asked),
        purpose=Purpose.SIGN_IN.name,
        challenge=asked.challenge,
        claims=[claim.name for claim in list_claims(shown)],
    )
    await send_presentation(http, order.link, presentation)


async def send_presentation(http: httpx.AsyncClient, link: str, presentation: str) -> None:
    """Show a presentation to the site of a link; raise what it refused."""
    await _send(http, "POST", link, msgspec.json.encode({"presentation": presentation}))


async def read_standing(register: Register, holder: Address, wallet: Wallet) -> Standing:
    """Return the holder's identity and its newest history; raise `NotFound` without identity."""
    number = await register.find_identity(holder)
    if number is None:
        raise NotFound("this account holds no identity yet: apply at an institution")
    identity = await register.get_identity(number)
    length = await register.count_history(number)
    oldest = max(0, length - ENTRIES_MAX)
    entries: list[Entry] = []
    for start in range(oldest, length, LISTED_MAX):
        entries += await register.list_history(number, start)
    addresses = {identity.issuer, *(entry.institution for entry in entries)}
    names = {each: (await register.get_institution(each)).name for each in sorted(addresses)}
    return Standing(
        number=number,
        identity=identity,
        status=await register.get_status(number),
        is_certificate_here=is_certificate_of(wallet, identity),
        entries=tuple(reversed(entries)),
        left_out=oldest,
        names=names,
    )


def is_certificate_of(wallet: Wallet, identity: Identity) -> bool:
    """Say whether the wallet keeps the certificate in force of an identity."""
    if not wallet.certificate:
        return False
    digest = compute_certificate_digest(read_presentation(wallet.certificate))
    return digest == identity.certificate


def list_claims(names: Collection[str]) -> list[Claim]:
    """Return the contract's words for claims of a certificate."""
    return [claim for claim, name in CLAIM_NAMES.items() if name in names]


def read_institution(asked: Asked) -> Address:
    """Return the account at which somebody signs in; raise `PresentationRefused`."""
    try:
        return decode_address(asked.institution)
    except InvalidEncoding as problem:
        raise PresentationRefused("the link names no institution") from problem


async def _send(http: httpx.AsyncClient, method: str, link: str, body: bytes = b"") -> bytes:
    """Return an answer's body; follow no redirect, read no more than is allowed."""
    try:
        async with http.stream(method, link, content=body, follow_redirects=False) as response:
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > ANSWER_BYTES_MAX:
                    raise PresentationRefused("the site answers more than a sign-in")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Unavailable(f"the site cannot be reached: {problem}") from problem
    if response.status_code != 200:
        raise PresentationRefused(_read_reason(bytes(data)), status=response.status_code)
    return bytes(data)


def _read_reason(data: bytes) -> str:
    try:
        told: dict[str, str] = _decode(data, dict[str, str])
    except PresentationRefused:
        return "the site refused"
    return told.get("error_description", "the site refused")[:300]


def _decode(data: bytes, type_: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise PresentationRefused("the site's answer is no sign-in") from problem
