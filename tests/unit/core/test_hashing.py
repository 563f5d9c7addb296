"""Hashes of different kinds of things can never be equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core import hashing
from tests.unit.core.vectors import load_vectors

DOMAINS = {
    name: value
    for name, value in vars(hashing).items()
    if name.isupper() and name != "PREFIX" and isinstance(value, bytes)
}


@pytest.mark.parametrize("case", load_vectors("hashing"), ids=lambda case: case["domain"])
def test_known_hashes(case: dict[str, str]) -> None:
    domain = case["domain"].encode() + b"\0"
    assert domain in DOMAINS.values()
    assert hashing.compute_hash(domain, bytes.fromhex(case["data"])).hex() == case["hash"]


@given(domain=st.sampled_from(sorted(DOMAINS.values())), data=st.lists(st.binary(max_size=5000)))
def test_a_hasher_computes_the_hash_of_its_domain_as_often_as_it_is_asked(
    domain: bytes, data: list[bytes]
) -> None:
    compute = hashing.build_hasher(domain)
    assert [compute(each) for each in data] == [hashing.compute_hash(domain, each) for each in data]


def test_no_domain_is_the_beginning_of_another() -> None:
    assert len(set(DOMAINS.values())) == len(DOMAINS)
    for name, domain in DOMAINS.items():
        assert domain.startswith(hashing.PREFIX), name
        assert domain.index(b"\0") == len(domain) - 1, name
