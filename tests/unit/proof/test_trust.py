"""Which chains a person knows, as a file."""

import pytest

from dure.core.errors import ConfigurationError
from dure.core.types import BlockId, ChainId, Height
from dure.proof import (
    NO_TRUST,
    Checkpoint,
    Trust,
    TrustEntry,
    build_trust,
    decode_trust,
    encode_trust,
    trust_chain,
)

FIRST, SECOND = ChainId(bytes(32)), ChainId(b"\1" * 32)


def test_a_trust_file_keeps_its_entries() -> None:
    known = Checkpoint(Height(9), BlockId(bytes(32)))
    trust = build_trust(TrustEntry(SECOND, "port", known), TrustEntry(FIRST, "bank", None))
    assert decode_trust(encode_trust(trust)) == trust
    assert trust.find(SECOND) == TrustEntry(SECOND, "port", known)
    assert trust.find(ChainId(b"\2" * 32)) is None


def test_a_person_may_space_the_file_as_they_like() -> None:
    trust = trust_chain(FIRST, "bank")
    assert decode_trust(encode_trust(trust).replace(b",", b" ,\n\t")) == trust


def test_a_new_entry_takes_the_place_of_the_chain_s_old_one() -> None:
    trust = NO_TRUST.add(TrustEntry(SECOND, "b", None)).add(TrustEntry(FIRST, "a", None))
    renamed = trust.add(TrustEntry(SECOND, "c", None))
    assert [entry.name for entry in renamed.entries] == ["a", "c"]


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"format":"dure-trust-2","entries":[]}', b" " * 5_000_000],
)
def test_what_is_no_trust_file_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigurationError):
        decode_trust(data)


def test_a_chain_that_stands_twice_is_refused() -> None:
    entry = TrustEntry(FIRST, "bank", None)
    with pytest.raises(ConfigurationError, match="twice"):
        decode_trust(encode_trust(Trust("dure-trust-1", (entry, entry))))
