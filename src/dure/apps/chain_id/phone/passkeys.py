"""What passkeys sign: transactions that this process puts together and its page has signed.

Rules
-----
1. A page is asked for one thing, an assertion over the id of a transaction. The transaction is made
   here, out of what the person was shown; nothing that a page sends becomes a part of it.
2. An order is signed once and within a minute. The assertion is judged here by the chain's rules
   (`dure.core.passkeys`) before it is sent, and then by every validator: one that was made for
   another order, on a page of another origin, or without the user counts nowhere.
3. The entry on the chain carries the digest of challenge and presentation (`challenges`): what is
   shown, and to whom, is signed by the passkey itself, and the wallet needs no second key.
4. A new passkey is in the wallet before the chain hears of it. Whichever answer is lost, the chain
   says which passkey acts.
5. Making another passkey takes no signature, so those that came to nothing are dropped with the
   next one, and the order that was to let them act is void. Never dropped are the one that acts,
   the first, which names the account, and one whose order was signed a short while ago: the chain
   may still let it act.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Final

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from dure.apps.chain_id.challenges import compute_reference
from dure.apps.chain_id.contract import Purpose
from dure.apps.chain_id.offchain import DraftingRegister
from dure.apps.chain_id.phone.answering import (
    fetch_sign_in,
    list_claims,
    read_institution,
    send_presentation,
)
from dure.apps.chain_id.phone.wallet import (
    PasskeyRing,
    Wallet,
    add_passkey,
    drop_passkeys,
)
from dure.apps.chain_id.presentations import choose
from dure.apps.chain_id.provider.stores import ExpiringStore
from dure.chain.transaction import Call, PasskeyPolicy
from dure.core.address import decode_address
from dure.core.codec import decode, encode
from dure.core.errors import AccessDenied, ConfigurationError, InvalidEncoding, NotFound
from dure.core.passkeys.assertion import PasskeyAssertion
from dure.core.types import Address, Signature
from dure.sdk import Draft, Passkey, PasskeyAccount, ledger_calls

ORDERS_MAX: Final = 100
ORDER_LIFETIME_S: Final = 60
SETTLED_AFTER_S: Final = 300
"""By then a signed order is final or void (blocks take it for a minute), and every node knows."""


@dataclass(frozen=True, slots=True)
class WalletFile:
    """The wallet as it stands on the disk: commands change it while the pages are served."""

    load: Callable[[], Wallet]
    save: Callable[[Wallet], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a page asks an authenticator for; bytes in hexadecimal."""

    ticket: str
    challenge: str
    """The id of the transaction."""
    credential: str
    rp_id: str


@dataclass(frozen=True, slots=True)
class _Acting:
    """The passkey that is asked to sign for the account."""

    account: Address
    credential: str
    policy: PasskeyPolicy


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A transaction that waits for its signature, and what happens once it is final."""

    draft: Draft
    policy: PasskeyPolicy
    finish: Callable[[], Awaitable[None]]
    successor: str = ""
    """The passkey that it lets act, by its key in hexadecimal; empty where it changes none."""


class PasskeyDesk:
    """Makes what is to be signed, and sends what was."""

    def __init__(
        self,
        file: WalletFile,
        register: DraftingRegister,
        http: httpx.AsyncClient,
        clock: Callable[[], float],
    ) -> None:
        self.file = file
        self.register = register
        self.http = http
        self._waiting = ExpiringStore[_Waiting](
            entries_max=ORDERS_MAX, lifetime_s=ORDER_LIFETIME_S, clock=clock
        )
        self._signed = ExpiringStore[str](
            entries_max=ORDERS_MAX, lifetime_s=SETTLED_AFTER_S, clock=clock
        )
        """The successors whose orders were signed, with the tickets of these."""

    @property
    def ring(self) -> PasskeyRing:
        """The wallet's passkeys."""
        ring = self.file.load().signs_with
        if not isinstance(ring, PasskeyRing):
            raise ConfigurationError("this wallet signs with a key file")
        return ring

    def add_first(self, credential: str, public_key: bytes) -> None:
        """Keep the passkey whose account this wallet is from now on."""
        if self.ring.passkeys:
            raise AccessDenied("this wallet has a passkey already: replace it instead")
        self._add(credential, public_key)

    async def apply(self, institution: str) -> Order:
        """Ask an institution to verify the person."""
        address = decode_address(institution)
        call = await self.register.build_call("apply", institution=address, key=b"", proof=b"")
        return await self._order(call, _do_nothing)

    async def sign_in(self, link: str, challenge: str, names: Collection[str]) -> Order:
        """Sign in as it was shown: with the entry for `challenge`, and the claims of `names`."""
        wallet = self.file.load()
        asked = await fetch_sign_in(self.http, self.register, link, wallet)
        if asked.challenge.hex() != challenge:
            raise AccessDenied("the sign-in has changed since it was shown: look at it again")
        shown = [name for name in asked.claims if name in names]
        text = choose(wallet.certificate, shown).text
        call = await self.register.build_call(
            "sign_in",
            institution=read_institution(asked),
            purpose=Purpose.SIGN_IN.name,
            challenge=compute_reference(challenge, text),
            claims=[claim.name for claim in list_claims(shown)],
        )

        async def finish() -> None:
            await send_presentation(self.http, link, text)

        return await self._order(call, finish)

    async def suspend(self) -> Order:
        """Suspend the person's own identity."""
        number = await self.register.find_identity(self.ring.compute_account())
        if number is None:
            raise NotFound("this account holds no identity")
        return await self._order(
            await self.register.build_call("suspend", number=number), _do_nothing
        )

    async def replace(self, credential: str, public_key: bytes) -> Order:
        """Let another passkey act for the account, and none of those before it."""
        acting = await self._find_acting()
        self._drop_unused(acting)
        self._add(credential, public_key)
        policy = self.ring.policies[-1]
        call = ledger_calls.set_policy(policy)
        return await self._order(call, _do_nothing, acting=acting, successor=policy.key.hex())

    async def sign(
        self, ticket: str, *, authenticator_data: bytes, client_data: bytes, signature: bytes
    ) -> None:
        """Take the assertion for an order and have the chain do it.

        `signature` is DER, as authenticators give it. Raise what was wrong with the assertion, and
        what the chain or the site that is answered refused.
        """
        waiting = self._waiting.take(ticket)
        if waiting is None or not self._can_succeed(waiting.successor):
            raise NotFound("that has waited too long: begin again")
        assertion = read_assertion(authenticator_data, client_data, signature)
        passkey = Passkey(waiting.policy, lambda _: assertion)
        signed = waiting.draft.sign(passkey).complete()
        if waiting.successor:
            self._signed.put(waiting.successor, ticket)
        await self.register.send(signed)
        await waiting.finish()

    def _add(self, credential: str, public_key: bytes) -> None:
        key = compress_key(public_key).hex()
        self.file.save(add_passkey(self.file.load(), credential, key))

    def _drop_unused(self, acting: _Acting) -> None:
        keys = [each.key for each in self.ring.passkeys]
        keep = {acting.policy.key.hex(), *filter(self._signed.get, keys)}
        self.file.save(drop_passkeys(self.file.load(), keep))

    def _can_succeed(self, successor: str) -> bool:
        """Say whether the wallet still has the passkey that an order lets act."""
        return not successor or successor in {each.key for each in self.ring.passkeys}

    async def _find_acting(self) -> _Acting:
        """Return the passkey that the chain lets act; the newest where that is none of them."""
        ring = self.ring
        account = ring.compute_account()
        key = await self.register.find_acting_key(account)
        keys: list[bytes] = [policy.key for policy in ring.policies]
        place = 0 if key is None else keys.index(key) if key in keys else -1
        return _Acting(account, ring.passkeys[place].credential, ring.policies[place])

    async def _order(
        self,
        call: Call,
        finish: Callable[[], Awaitable[None]],
        *,
        acting: _Acting | None = None,
        successor: str = "",
    ) -> Order:
        asked = await self._find_acting() if acting is None else acting
        sender = PasskeyAccount(asked.policy, _ask_nobody, address=asked.account)
        draft = await self.register.draft([call], by=sender)
        ticket = token_urlsafe(32)
        self._waiting.put(ticket, _Waiting(draft, asked.policy, finish, successor))
        return Order(ticket, draft.transaction_id.hex(), asked.credential, asked.policy.rp_id)


def read_assertion(
    authenticator_data: bytes, client_data: bytes, signature: bytes
) -> PasskeyAssertion:
    """Return what an authenticator gave as the chain writes it; raise `AccessDenied`."""
    try:
        r, s = decode_dss_signature(signature)
        plain = Signature(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        given = PasskeyAssertion(authenticator_data, client_data, plain)
        return decode(PasskeyAssertion, encode(given))
    except (ValueError, OverflowError, InvalidEncoding) as problem:
        raise AccessDenied("that is no assertion of a passkey") from problem


def compress_key(public_key: bytes) -> bytes:
    """Return a passkey's public key (DER, as pages are given it) as the chain writes it."""
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise AccessDenied("that is no public key") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise AccessDenied("a passkey's key lies on the curve P-256: use another authenticator")
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _ask_nobody(_challenge: bytes) -> PasskeyAssertion:
    raise AssertionError("the page asks the authenticator")


async def _do_nothing() -> None:
    """Nothing is left to be done once the chain has done it."""
