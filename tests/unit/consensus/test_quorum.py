"""Quorum arithmetic and the one check of a certificate."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.consensus.quorum import validate_certificate
from dure.core.block import compute_block_id
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.errors import InvalidCertificate
from dure.core.types import Round
from dure.core.validators import (
    compute_faults_tolerated,
    compute_quorum,
    compute_weak_quorum,
)
from tests.conformance.fakes import (
    CHAIN,
    make_block,
    make_genesis,
    make_key,
    make_validators,
    sign,
    verify_many,
)

HEAD = make_genesis(make_validators(4))
BLOCK = make_block(HEAD, 5, make_key(1), (b"tx",))


def make_seal(member: int, round_: int = 0, chain: Any = CHAIN) -> Seal:
    statement = SealStatement(
        chain_id=chain,
        height=BLOCK.header.height,
        round=Round(round_),
        block_id=compute_block_id(BLOCK.header),
    )
    key = make_key(member)
    return Seal(validator=key, signature=sign(key, compute_seal_message(statement)))


def check(*seals: Seal, round_: int = 0) -> None:
    certificate = Certificate(round=Round(round_), seals=seals)
    validate_certificate(BLOCK.header, certificate, HEAD.validators, verify=verify_many)


@pytest.mark.parametrize(
    ("count", "faults", "quorum"),
    [(1, 0, 1), (2, 0, 2), (3, 0, 2), (4, 1, 3), (5, 1, 4), (6, 1, 4), (7, 2, 5), (10, 3, 7)],
)
def test_quorum_of_small_sets(count: int, faults: int, quorum: int) -> None:
    assert compute_faults_tolerated(count) == faults
    assert compute_quorum(count) == quorum
    assert compute_weak_quorum(count) == faults + 1


@given(st.integers(1, 128))
def test_two_quorums_share_a_correct_member_and_the_correct_ones_are_a_quorum(count: int) -> None:
    faults, quorum = compute_faults_tolerated(count), compute_quorum(count)
    assert 2 * quorum - count > faults
    assert quorum <= count - faults
    # No smaller number would do: it is the least that intersects.
    assert 2 * (quorum - 1) - count <= faults


def test_a_quorum_of_seals_is_a_certificate() -> None:
    check(make_seal(0), make_seal(2), make_seal(3))
    check(*(make_seal(member) for member in range(4)))


@pytest.mark.parametrize(
    ("rule", "seals"),
    [
        ("quorum", (make_seal(0), make_seal(1))),
        ("quorum", ()),
        ("seals_sorted", (make_seal(1), make_seal(0), make_seal(2))),
        ("seals_sorted", (make_seal(0), make_seal(0), make_seal(1), make_seal(2))),
        ("seals_of_members", (make_seal(0), make_seal(1), make_seal(9))),
        ("seal_signature", (make_seal(0), make_seal(1), make_seal(2, round_=1))),
        ("seal_signature", (make_seal(0), make_seal(1), make_seal(2, chain=b"x" * 32))),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(rule: str, seals: tuple[Seal, ...]) -> None:
    with pytest.raises(InvalidCertificate) as caught:
        check(*seals)
    assert caught.value.facts["rule"] == rule


def test_seals_of_another_round_than_the_certificates_do_not_count() -> None:
    with pytest.raises(InvalidCertificate):
        check(make_seal(0), make_seal(1), make_seal(2), round_=1)
