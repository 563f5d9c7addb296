"""What a party does outside of the chain: seal terms, check before accepting, show what it holds.

```
proposer: pack_terms ─ seal_terms ─▶ sealed file and keys, to the named readers only
          build_change(document) ──▶ chain: digests
signer:   open_terms ─ unpack_terms ─ check_proposal ──▶ accept
anybody who is shown terms and a proof file: check_version, check_debt
```

Rules
-----
1. Terms leave a party sealed to the other parties and the auditors that it names, and to nobody
   else; the chain gets the salted digest of the content.
2. A signer accepts only what it has opened: the digest of the content, and a commitment for each
   obligation, in order.
3. Who is shown terms believes the proof file, never the one who shows it or a node.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from dure.apps.agreements.commitments import Debt, validate_debt
from dure.apps.agreements.contract import Agreements, Change
from dure.chain.state import key_storage
from dure.contract.interface import Interface, build_interface
from dure.contract.source import read_source
from dure.contract.values import decode_result
from dure.core.codec import encode
from dure.core.errors import ConfigurationError, InvalidProof
from dure.core.types import Address, Hash
from dure.identity.envelopes.files import (
    ContentDigest,
    DataKey,
    InvalidSeal,
    Place,
    draw_data_key,
    open_pieces,
    seal_pieces,
)
from dure.identity.envelopes.sealing import ReadingKey, seal_data_key
from dure.proof.claims import StateClaim
from dure.proof.file import ProofFile
from dure.proof.trust import Trust
from dure.proof.verification import Verdict, verify

TERMS_BYTES_MAX: Final = 256 * 1024
DEBTS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Terms:
    """What the parties agree on in one version: the text, and what each obligation stands for."""

    text: str
    debts: tuple[Debt, ...]


@dataclass(frozen=True, slots=True)
class SealedTerms:
    """Terms on their way to their readers."""

    file: bytes
    keys: Mapping[Address, bytes]
    """The data key, sealed to each reader."""
    document: Hash
    """Salted digest of the content, for the chain."""


class _Packed(
    msgspec.Struct, frozen=True, tag="dure-agreement-terms-1", forbid_unknown_fields=True
):
    text: str
    debts: Annotated[tuple[Debt, ...], msgspec.Meta(max_length=DEBTS_MAX)]


def pack_terms(terms: Terms) -> bytes:
    """Return the content that is sealed; raise `ConfigurationError`."""
    for debt in terms.debts:
        validate_debt(debt)
    data = msgspec.json.encode(_Packed(terms.text, terms.debts))
    if len(data) > TERMS_BYTES_MAX or len(terms.debts) > DEBTS_MAX:
        raise ConfigurationError(
            f"terms have at most {TERMS_BYTES_MAX} bytes and {DEBTS_MAX} obligations"
        )
    return data


def unpack_terms(data: bytes) -> Terms:
    """Return what `pack_terms` wrote; raise `ConfigurationError`."""
    try:
        if len(data) > TERMS_BYTES_MAX:
            raise ValueError
        packed = msgspec.json.decode(data, type=_Packed)
    except (msgspec.MsgspecError, ValueError):
        raise ConfigurationError("these are no terms of an agreement") from None
    for debt in packed.debts:
        validate_debt(debt)
    return Terms(packed.text, packed.debts)


def seal_terms(content: bytes, place: Place, readers: Mapping[Address, bytes]) -> SealedTerms:
    """Return the content sealed to readers, given by their reading keys; raise `InvalidSeal`."""
    key = draw_data_key()
    digest = ContentDigest(key)
    file = b"".join(seal_pieces(key, place, len(content), digest.pass_on([content])))
    keys = {who: seal_data_key(key, public, place, who) for who, public in readers.items()}
    return SealedTerms(file, keys, digest.finish())


def open_terms(
    sealed: SealedTerms, place: Place, reader: Address, key: ReadingKey
) -> tuple[bytes, bytes]:
    """Return content and salt, by which its digest can be shown; raise `InvalidSeal`."""
    if reader not in sealed.keys:
        raise InvalidSeal("the terms are not sealed to this reader")
    data_key = key.open(sealed.keys[reader], place, reader)
    content = b"".join(open_pieces(data_key, place, io.BytesIO(sealed.file)))
    if compute_document(content, data_key.salt) != sealed.document:
        raise InvalidSeal("the terms are not those whose digest was told")
    return content, data_key.salt


def compute_document(content: bytes, salt: bytes) -> Hash:
    """Return the salted digest of content, as it stands on the chain."""
    digest = ContentDigest(DataKey(b"", salt))
    for _ in digest.pass_on([content]):
        pass
    return digest.finish()


def check_proposal(change: Change, content: bytes, salt: bytes) -> Terms:
    """Return the terms of a proposal; raise `InvalidSeal` unless they are exactly what it says."""
    if compute_document(content, salt) != change.document:
        raise InvalidSeal("the proposal is about another text")
    terms = unpack_terms(content)
    told = [obligation.sealed for obligation in change.obligations]
    if told != [debt.sealed for debt in terms.debts]:
        raise InvalidSeal("the proposal's obligations are not those of the text")
    shown = [(each.debtor, each.creditor) for each in change.obligations]
    if shown != [(debt.debtor, debt.creditor) for debt in terms.debts]:
        raise InvalidSeal("the proposal's obligations bind others than the text says")
    dates = [(each.due, each.grace) for each in change.obligations]
    if dates != [(debt.terms.due, debt.terms.grace) for debt in terms.debts]:
        raise InvalidSeal("the proposal's obligations are due on other days than the text says")
    return terms


def find_gaps(documents: Sequence[Hash], held: Mapping[int, Hash]) -> list[int]:
    """Return the versions, from 1, of which a party holds no copy or another one than the chain."""
    return [
        version
        for version, document in enumerate(documents, start=1)
        if held.get(version) != document
    ]


def build_version_key(contract: Address, agreement: int, version: int) -> bytes:
    """Return under which key the state holds a version: `client.prove_state(key)` proves it."""
    return key_storage(contract, encode(("versions", agreement, version)))


def build_obligation_key(contract: Address, obligation: Hash) -> bytes:
    """Return under which key the state holds an obligation."""
    return key_storage(contract, encode(("obligations", obligation)))


def check_version(
    proof: ProofFile, trust: Trust, key: bytes, *, content: bytes, salt: bytes
) -> Verdict:
    """Return the verdict on terms that somebody shows with a proof; raise `InvalidProof`."""
    verdict, record = _read_proved(proof, trust, key, "version")
    if record["document"] != compute_document(content, salt):
        raise InvalidProof("the chain holds another text under that version", check="document")
    return verdict


def check_debt(proof: ProofFile, trust: Trust, key: bytes, debt: Debt) -> Verdict:
    """Return the verdict on one obligation that somebody shows; raise `InvalidProof`.

    Nothing else of the agreement has to be shown.
    """
    verdict, record = _read_proved(proof, trust, key, "obligation")
    if record["terms"]["sealed"] != debt.sealed:
        raise InvalidProof("the chain holds another obligation under that number", check="debt")
    return verdict


def _read_proved(
    proof: ProofFile, trust: Trust, key: bytes, view: str
) -> tuple[Verdict, dict[str, Any]]:
    verdict = verify(proof, trust)
    claim = proof.claim
    if not isinstance(claim, StateClaim) or claim.key != key or claim.value is None:
        raise InvalidProof("the proof is about something else", check="key")
    # The state holds a record as the view of the same type returns it.
    record = decode_result(_get_interface(), view, claim.value)
    assert isinstance(record, dict), "both views return records"
    return verdict, record


@lru_cache(maxsize=1)
def _get_interface() -> Interface:
    return build_interface(read_source(Agreements))
