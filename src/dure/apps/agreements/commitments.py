"""What stands on the chain about terms and amounts, and how a party shows what it stands for.

Rules
-----
1. A commitment is the SHA-256 of everything that it is about and 32 drawn bytes, its blinding. It
   hides, because the blinding cannot be guessed; it binds, because nobody finds another opening.
2. Amounts are committed one by one, so that an obligation can be shown without the rest.
3. Versions are chained: the digest of a version holds the one before, so a party that shows version
   three shows which versions one and two it was agreed on.
4. An asset's digest holds the account of its holder. Whoever reads a proposal and pledges what it
   shows for another account comes to another digest, which is in nobody's way.
5. Commitments are hashes. They are compared and opened; nobody can add them up unseen, and no range
   proof is made. README.md says why.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from dure.apps.agreements.contract import Change
from dure.contract.language import Duration, Time
from dure.contract.library.obligations import ObligationTerms
from dure.contract.library.pledges import Pledge
from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Address, Hash

BLINDING_BYTES: Final = 32
WHAT_MAX: Final = 200
"""Characters in which a debt says what it is for."""
_DEBT: Final = "dure agreement debt 1"
_ASSET: Final = "dure agreement asset 1"


@dataclass(frozen=True, slots=True)
class Debt:
    """What an obligation is about, with the blinding that makes its commitment."""

    debtor: Address
    creditor: Address
    due: int
    """Milliseconds since 1970 (UTC)."""
    grace: int
    """Milliseconds."""
    amount: int
    """Minor units."""
    currency: str
    what: str
    """What it is for, in words."""
    blinding: bytes

    @property
    def sealed(self) -> Hash:
        """The commitment that stands on the chain."""
        parts = (self.debtor, self.creditor, self.due, self.amount, self.currency, self.what)
        return Hash(sha256(encode((_DEBT, *parts, self.blinding))).digest())

    @property
    def terms(self) -> ObligationTerms:
        """What the contract is told."""
        due, grace = Time(self.due), Duration(self.grace)
        return ObligationTerms(self.debtor, self.creditor, due, grace, self.sealed)


def validate_debt(debt: Debt) -> None:
    """Raise `ConfigurationError` unless the debt can be committed to."""
    if len(debt.blinding) != BLINDING_BYTES:
        raise ConfigurationError(f"a blinding has {BLINDING_BYTES} bytes")
    if {len(debt.debtor), len(debt.creditor)} != {32}:
        raise ConfigurationError("debtor and creditor are addresses")
    if debt.amount <= 0 or not 0 < len(debt.what) <= WHAT_MAX or not debt.currency:
        raise ConfigurationError(
            f"a debt has an amount above zero, a currency and 1 to {WHAT_MAX} characters of words"
        )


def draw_blinding() -> bytes:
    """Return bytes that nobody can guess; a blinding is used once."""
    return secrets.token_bytes(BLINDING_BYTES)


def build_pledge(holder: Address, issuer: str, secret: bytes) -> Pledge:
    """Return the pledge of an asset; raise `ConfigurationError`.

    `secret` are the 32 bytes that its issuer gave to the holder with it. Who does not know them
    cannot ask what is pledged; and only the account `holder` can pledge it, known or not.
    """
    if len(secret) != BLINDING_BYTES:
        raise ConfigurationError(f"an asset's secret has {BLINDING_BYTES} bytes")
    return Pledge(holder, Hash(sha256(encode((_ASSET, issuer, secret))).digest()))


def compute_asset(pledge: Pledge) -> Hash:
    """Return the digest under which the chain knows a pledged asset, and which frees it."""
    return Hash(sha256(encode(("asset", pledge.holder, pledge.sealed))).digest())


def build_change(
    document: Hash,
    debts: Iterable[Debt] = (),
    *,
    replaces: Iterable[Hash] = (),
    frees: Iterable[Hash] = (),
    pledges: Iterable[Pledge] = (),
) -> Change:
    """Return what the contract is told of a version; raise `ConfigurationError`."""
    owed = list(debts)
    for debt in owed:
        validate_debt(debt)
    terms = [debt.terms for debt in owed]
    return Change(document, list(replaces), terms, list(frees), list(pledges))


def compute_first_base(
    agreement: int, parties: Iterable[Address], auditors: Iterable[Address]
) -> Hash:
    """Return the digest to which the first version of an agreement is chained."""
    named = ("agreement", agreement, list(parties), list(auditors))
    return Hash(sha256(encode(named)).digest())


def chain_versions(base: Hash, documents: Iterable[Hash]) -> Hash:
    """Return the digest of the newest version, from the digests of the documents of all."""
    for version, document in enumerate(documents, start=1):
        base = Hash(sha256(encode(("version", base, version, document))).digest())
    return base
