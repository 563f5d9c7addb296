"""The tree gives the known answers, which its own code did not make."""

from typing import Any

import pytest

from dure.chain.state_tree import tree
from dure.chain.state_tree.proof import StateProof, build_proof, validate_value
from dure.core.errors import InvalidProof
from dure.core.types import Hash
from tests.unit.core.vectors import load_vectors


def unhex(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)


@pytest.mark.parametrize("case", load_vectors("state_tree"), ids=lambda case: len(case["items"]))
def test_known_trees_have_their_roots_and_proofs(case: dict[str, Any]) -> None:
    items = {bytes.fromhex(key): unhex(value) for key, value in case["items"].items()}
    root = tree.update(tree.EMPTY, items.items())
    assert tree.compute_root(root).hex() == case["root"]
    for claim in case["claims"]:
        key, value = bytes.fromhex(claim["key"]), unhex(claim["value"])
        levels = tuple(bytes.fromhex(level) for level in claim["path"]["levels"])
        proof = StateProof(levels, bytes.fromhex(claim["path"]["bucket"]))
        assert build_proof(root, key) == proof
        known = Hash(bytes.fromhex(case["root"]))
        validate_value(known, key, value, proof)
        with pytest.raises(InvalidProof):
            validate_value(known, key, b"\0" if value is None else None, proof)
