"""The id of a block covers every field of its header, and nothing else."""

import msgspec
import pytest

from dure.core.block import (
    TRANSACTIONS_MAX,
    Block,
    Header,
    compute_block_id,
    compute_envelope_id,
    compute_envelope_ids,
    compute_transaction_root,
)
from dure.core.certificate import Certificate, Seal, SealStatement, compute_seal_message
from dure.core.codec import decode, encode
from dure.core.errors import InvalidEncoding
from dure.core.merkle import compute_root
from dure.core.types import BlockId, ChainId, Hash, Height, Instant, PublicKey, Round, Signature
from dure.core.validators import (
    VALIDATORS_MAX,
    Validator,
    build_validator_set,
    compute_validators_root,
)

HEADER = Header(
    version=1,
    chain_id=ChainId(b"\1" * 32),
    height=Height(7),
    time=Instant(1_700_000_000_000),
    previous=BlockId(b"\2" * 32),
    transaction_root=Hash(b"\3" * 32),
    state_root=Hash(b"\4" * 32),
    receipt_root=Hash(b"\5" * 32),
    validators_root=Hash(b"\6" * 32),
    next_validators_root=Hash(b"\7" * 32),
    parameters_root=Hash(b"\x08" * 32),
    proposer=PublicKey(b"\x09" * 32),
    engine=b"",
)

STATEMENT = SealStatement(
    chain_id=HEADER.chain_id, height=HEADER.height, round=Round(0), block_id=BlockId(b"\1" * 32)
)


def member(number: int, organisation: str = "bank") -> Validator:
    return Validator(key=PublicKey(number.to_bytes(32, "big")), organisation=organisation)


@pytest.mark.parametrize("field", Header.__struct_fields__)
def test_every_field_of_the_header_changes_the_id(field: str) -> None:
    value = getattr(HEADER, field)
    other = value + 1 if isinstance(value, int) else b"\xff" * 32
    changed = msgspec.structs.replace(HEADER, **{field: other})
    assert compute_block_id(changed) != compute_block_id(HEADER)


@pytest.mark.parametrize("field", SealStatement.__struct_fields__)
def test_every_field_of_the_statement_changes_what_a_seal_signs(field: str) -> None:
    value = getattr(STATEMENT, field)
    other = value + 1 if isinstance(value, int) else b"\xff" * 32
    changed = msgspec.structs.replace(STATEMENT, **{field: other})
    assert compute_seal_message(changed) != compute_seal_message(STATEMENT)
    assert len(compute_seal_message(STATEMENT)) == 32


def test_a_block_and_a_certificate_are_read_as_they_were_written() -> None:
    block = Block(header=HEADER, transactions=(b"", b"opaque"))
    seal = Seal(validator=PublicKey(b"\1" * 32), signature=Signature(b"\2" * 64))
    certificate = Certificate(round=Round(3), seals=(seal,))
    assert decode(Block, encode(block)) == block
    assert decode(Certificate, encode(certificate)) == certificate


def test_the_transaction_root_is_over_the_ids_of_the_envelopes_in_order() -> None:
    envelopes = (b"one", b"two", b"three")
    ids = compute_envelope_ids(envelopes)
    assert ids == tuple(map(compute_envelope_id, envelopes))
    assert compute_transaction_root(envelopes) == compute_root(ids)
    assert compute_transaction_root(envelopes[::-1]) == compute_root(ids[::-1])


def test_engine_fields_and_seals_are_bounded() -> None:
    header = msgspec.structs.replace(HEADER, engine=bytes(1025))
    with pytest.raises(InvalidEncoding):
        decode(Header, encode(header))
    seal = Seal(validator=PublicKey(b"\1" * 32), signature=Signature(b"\2" * 64))
    certificate = Certificate(round=Round(0), seals=(seal,) * (VALIDATORS_MAX + 1))
    with pytest.raises(InvalidEncoding):
        decode(Certificate, encode(certificate))


def test_a_validator_set_does_not_depend_on_the_order_of_its_making() -> None:
    members = [member(3), member(1), member(2)]
    validators = build_validator_set(members)
    assert validators == build_validator_set(members[::-1])
    assert validators.keys == tuple(sorted(validators.keys))
    assert len(validators) == 3
    assert member(2).key in validators
    assert member(4).key not in validators
    assert compute_validators_root(validators) != compute_validators_root(
        build_validator_set([member(3), member(1), member(2, "port")])
    )


def test_a_validator_set_has_somebody_nobody_twice_and_not_everybody() -> None:
    with pytest.raises(ValueError, match="1 to 128 members, not 0"):
        build_validator_set([])
    with pytest.raises(ValueError, match="twice"):
        build_validator_set([member(1), member(1, "port")])
    with pytest.raises(ValueError, match="not 129"):
        build_validator_set([member(number) for number in range(VALIDATORS_MAX + 1)])


def test_a_list_of_envelopes_that_no_block_has_room_for_is_not_read() -> None:
    full = Block(header=HEADER, transactions=(b"",) * TRANSACTIONS_MAX)
    assert decode(Block, encode(full)) == full
    with pytest.raises(InvalidEncoding, match="length"):
        decode(Block, encode(Block(header=HEADER, transactions=(*full.transactions, b""))))
