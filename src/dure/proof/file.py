"""The proof file: everything that a person needs to check one fact of a chain, trusting no node.

It holds the genesis, whose hash is the chain's id; every header between genesis and the block that
changed the validator set, each sealed by the set before it; the block's header, sealed by the set
in force; and the claim, with its path to one of the header's roots. There is no other field:
nothing in the file is a mere statement.

The file is canonical JSON (RFC 8785) in the form of `dure.proof.json_form`, and it is read
strictly: what was read is written again and must give the same bytes. Specified in
`docs/spec/proof.md`.
"""

from typing import Annotated, Final, Literal, cast

import msgspec
import rfc8785
from msgspec import Meta

from dure.chain.genesis.document import Genesis
from dure.chain.system import CHANGES_MAX
from dure.core.block import Header
from dure.core.certificate import Certificate
from dure.core.codec import Wire
from dure.core.errors import InvalidEncoding, InvalidProof
from dure.core.validators import ValidatorSet
from dure.proof import json_form
from dure.proof.claims import Claim

PROOF_BYTES_MAX: Final = 16 * 1024 * 1024
HANDOVERS_MAX: Final = CHANGES_MAX

FORMAT: Final = "dure-proof-1"


class Handover(Wire, frozen=True):
    """A block after which another validator set decides."""

    header: Header
    certificate: Certificate
    """By the set before."""
    validators: ValidatorSet
    """The next set; the header commits to it."""


Handovers = Annotated[tuple[Handover, ...], Meta(max_length=HANDOVERS_MAX)]


class ProofFile(Wire, frozen=True):
    """One claim and what ties it to the chain's genesis."""

    format: Literal["dure-proof-1"]
    genesis: Genesis
    handovers: Handovers
    """Every block below this one that changed the validator set, from the genesis upwards."""
    header: Header
    certificate: Certificate
    claim: Claim


def render_proof(proof: ProofFile) -> dict[str, json_form.Json]:
    """Return the file's JSON object, for answers that carry a proof inside."""
    return cast("dict[str, json_form.Json]", json_form.render(ProofFile, proof))


def encode_proof(proof: ProofFile) -> bytes:
    """Return the file's bytes."""
    return rfc8785.dumps(render_proof(proof))


def decode_proof(data: bytes) -> ProofFile:
    """Return the proof in a file's bytes.

    Raise `InvalidProof` with the check `size`, `json`, `form` or `canonical form`.
    """
    if len(data) > PROOF_BYTES_MAX:
        message = f"a proof file has at most {PROOF_BYTES_MAX} bytes, this has {len(data)}"
        raise InvalidProof(message, check="size")
    try:
        form = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise InvalidProof(f"the file is not JSON: {problem}", check="json") from problem
    proof = _read(form)
    if encode_proof(proof) != data:
        message = "the file is not in canonical form: something in it was rewritten"
        raise InvalidProof(message, check="canonical form")
    return proof


def parse_proof(form: json_form.Json) -> ProofFile:
    """Return the proof in a JSON object, as `render_proof` makes them; raise `InvalidProof`."""
    proof = _read(form)
    if render_proof(proof) != form:
        raise InvalidProof("the proof is not in canonical form", check="canonical form")
    return proof


def _read(form: json_form.Json) -> ProofFile:
    try:
        return json_form.parse(ProofFile, form)
    except (InvalidEncoding, RecursionError) as problem:
        raise InvalidProof(f"this is not a proof file: {problem}", check="form") from problem
