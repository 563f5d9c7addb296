"""Writes `tests/vectors/proof/` anew, for when a format changes on purpose.

Run as `python -m tests.unit.proof.make_vectors`. The vectors are for every other verifier too, such
as the one in the browser: each proof file, what it proves, and for each of its values a change with
the check that must break.
"""

import json
from typing import Any

import rfc8785

from dure.core.errors import InvalidProof
from dure.proof import decode_proof, encode_proof, verify
from tests.unit.proof.chains import Chain
from tests.unit.proof.test_file import VECTORS, altered, find, leaves, name_of
from tests.unit.proof.test_verification import PROOFS


def forge(form: Any) -> list[dict[str, Any]]:
    """Return one change of each value, and the check that it breaks."""
    forgeries = []
    for path, value in list(leaves(form)):
        parent = find(form, path[:-1])
        parent[path[-1]] = altered(value)[0]
        try:
            verify(decode_proof(rfc8785.dumps(form)))
        except InvalidProof as broken:
            check = broken.facts["check"]
            forgeries.append({"path": path, "value": parent[path[-1]], "check": check})
        parent[path[-1]] = value
    return forgeries


def main() -> None:
    expected = {}
    for prove in PROOFS:
        proof = prove(Chain())
        data = encode_proof(proof)
        (VECTORS / f"{name_of(prove)}.json").write_bytes(data)
        verdict = verify(proof)
        expected[name_of(prove)] = {
            "chain_id": verdict.chain_id.hex(),
            "statement": verdict.statement,
            "forgeries": forge(json.loads(data)),
        }
    (VECTORS / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
