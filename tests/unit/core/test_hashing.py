"""Hashes of different kinds of things can never be equal."""

import pytest

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


def test_no_domain_is_the_beginning_of_another() -> None:
    assert len(set(DOMAINS.values())) == len(DOMAINS)
    for name, domain in DOMAINS.items():
        assert domain.startswith(hashing.PREFIX), name
        assert domain.index(b"\0") == len(domain) - 1, name
