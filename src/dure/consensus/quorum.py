"""The one check of a certificate; how many seals are enough stands in `dure.core.validators`.

Rules
-----
1. A certificate counts **distinct members**, never signatures, and all seals sign the same round.
   They are sorted by key, so that one set of seals has one byte form.

Everybody who believes a certificate calls `validate_certificate`: engines, block sync, the proof
verifier.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

from dure.core.block import Header, compute_block_id
from dure.core.certificate import Certificate, SealStatement, compute_seal_message
from dure.core.errors import InvalidCertificate
from dure.core.signatures import SignedItem, verify_many
from dure.core.validators import ValidatorSet, compute_quorum

VerifyMany = Callable[[Iterable[SignedItem]], list[bool]]
"""The shape of `verify_many`; a simulator hands in a cheaper one."""


def collect_seals(header: Header, certificate: Certificate) -> list[SignedItem]:
    """Return (key, message, signature) of every seal, for `verify_many`."""
    message = compute_seal_message(
        SealStatement(
            chain_id=header.chain_id,
            height=header.height,
            round=certificate.round,
            block_id=compute_block_id(header),
        )
    )
    return [(seal.validator, message, seal.signature) for seal in certificate.seals]


def validate_sealers(certificate: Certificate, validators: ValidatorSet) -> None:
    """Raise `InvalidCertificate` unless the sealers are a sorted quorum of distinct members.

    All of `validate_certificate` but the signatures; enough where those were checked already.
    """
    sealers = [seal.validator for seal in certificate.seals]
    if any(left >= right for left, right in pairwise(sealers)):
        raise InvalidCertificate("the seals are not sorted by distinct keys", rule="seals_sorted")
    stranger = next((key for key in sealers if key not in validators), None)
    if stranger is not None:
        message = f"{stranger.hex()} is not a validator of this height"
        raise InvalidCertificate(message, rule="seals_of_members", validator=stranger)
    needed = compute_quorum(len(validators))
    if len(sealers) < needed:
        message = f"{len(sealers)} seals are fewer than the quorum of {needed}"
        raise InvalidCertificate(message, rule="quorum", seals=len(sealers), needed=needed)


def validate_certificate(
    header: Header,
    certificate: Certificate,
    validators: ValidatorSet,
    *,
    verify: VerifyMany = verify_many,
) -> None:
    """Raise `InvalidCertificate` unless `validators` made the block of `header` final."""
    validate_sealers(certificate, validators)
    for seal, good in zip(
        certificate.seals, verify(collect_seals(header, certificate)), strict=True
    ):
        if not good:
            message = f"the seal of {seal.validator.hex()} does not verify"
            raise InvalidCertificate(message, rule="seal_signature", validator=seal.validator)
