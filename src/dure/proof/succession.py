"""Whether a genesis with a predecessor says what is so: the evidence, and the checks.

The evidence is a file of its own, canonical JSON like a proof file: the **old** genesis, the
history of the old validators, and the last block's header with its certificate. With it, and with
the old chain's id known from elsewhere, anybody sees that the state which the new chain begins
with was final on the old one. Specified in `docs/spec/succession.md`.

The checks, in order; the first that breaks is named in `InvalidProof.facts["check"]`
-------------------------------------------------------------------------------------
1. those of every proof, up to `certificate`: the old head is final under the old genesis.
2. `predecessor`: the new genesis names exactly that chain, block, time and certificate.
3. `unchanged`: kind, engine, test mark, story clock and authority's account are the old chain's.
4. `organisations`: each one of the old genesis takes part under its old account or is named as
   missing. For those that were admitted since, the old chain's state says the same to every node.
5. `checkpoint`: the reader knows no other final block at that height of the old chain, and none
   above it, which the new chain would leave out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import rfc8785

from dure.chain.genesis.document import Genesis
from dure.chain.genesis.predecessor import Predecessor
from dure.core.block import Header, compute_block_id
from dure.core.certificate import Certificate, compute_certificate_hash
from dure.core.codec import Wire
from dure.core.errors import InvalidEncoding, InvalidProof
from dure.proof import json_form
from dure.proof.claim_checks import require
from dure.proof.file import PROOF_BYTES_MAX, Handovers
from dure.proof.trust import Trust, TrustEntry
from dure.proof.verification import check_final

EVIDENCE_FORMAT: Final = "dure-predecessor-1"
UNCHANGED: Final = ("version", "kind", "engine", "test", "story_clock", "authority")
"""Fields in which a genesis is that of its predecessor."""


class Evidence(Wire, frozen=True):
    """That the block which a genesis goes on from was final."""

    format: Literal["dure-predecessor-1"]
    genesis: Genesis
    """Of the old chain."""
    handovers: Handovers
    """Every block of the old chain below its last that changed the validator set."""
    header: Header
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Succession:
    """What the evidence shows of a genesis."""

    before: Predecessor
    known_as: str | None
    """The trust entry of the old chain; None where the reader does not know it."""
    sealed_by: tuple[str, ...]
    """Organisations whose validators sealed the old chain's last block."""
    steps: tuple[str, ...]
    """Each check that held, in words."""


def encode_evidence(evidence: Evidence) -> bytes:
    """Return the file's bytes."""
    return rfc8785.dumps(json_form.render(Evidence, evidence))


def decode_evidence(data: bytes) -> Evidence:
    """Return the evidence in a file's bytes.

    Raise `InvalidProof` with the check `size`, `json`, `form` or `canonical form`.
    """
    if len(data) > PROOF_BYTES_MAX:
        message = f"a predecessor file has at most {PROOF_BYTES_MAX} bytes, this has {len(data)}"
        raise InvalidProof(message, check="size")
    try:
        form = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
        raise InvalidProof(
            f"the predecessor file is not JSON: {problem}", check="json"
        ) from problem
    try:
        evidence = json_form.parse(Evidence, form)
    except (InvalidEncoding, RecursionError) as problem:
        raise InvalidProof(f"this is not a predecessor file: {problem}", check="form") from problem
    if encode_evidence(evidence) != data:
        message = "the predecessor file is not in canonical form: something in it was rewritten"
        raise InvalidProof(message, check="canonical form")
    return evidence


def check_succession(genesis: Genesis, evidence: Evidence, trust: Trust) -> Succession:
    """Return what the evidence shows of a genesis with a predecessor; raise `InvalidProof`."""
    before = genesis.predecessor
    require(before is not None, "predecessor", "the genesis names no chain before it")
    assert before is not None, "said in the line above"
    old, header = evidence.genesis, evidence.header
    final = check_final(old, evidence.handovers, header, evidence.certificate)
    _check_named(before, header, evidence.certificate)
    for field in UNCHANGED:
        same = getattr(old, field) == getattr(genesis, field)
        require(same, "unchanged", f"the genesis has another {field} than the chain before")
    _check_organisations(genesis, before, old)
    entry = trust.find(final.chain_id)
    _check_checkpoint(before, entry)
    return Succession(
        before=before,
        known_as=None if entry is None else entry.name,
        sealed_by=final.sealed_by,
        steps=(*final.steps, "the new genesis names this chain, this block and this certificate"),
    )


def _check_named(before: Predecessor, header: Header, certificate: Certificate) -> None:
    shown: Mapping[str, object] = {
        "chain_id": header.chain_id,
        "height": header.height,
        "block_id": compute_block_id(header),
        "time": header.time,
        "certificate_hash": compute_certificate_hash(certificate),
    }
    for field, value in shown.items():
        same = getattr(before, field) == value
        words = field.replace("_", " ")
        require(same, "predecessor", f"the genesis names another {words} than the evidence shows")


def _check_organisations(genesis: Genesis, before: Predecessor, old: Genesis) -> None:
    going_on = {organisation.name: organisation for organisation in genesis.organisations}
    for organisation in old.organisations:
        name = organisation.name
        message = f"{name} of the chain before neither takes part nor is named as missing"
        require(name in going_on or name in before.missing, "organisations", message)
        same = name in before.missing or going_on[name] == organisation
        require(same, "organisations", f"the chain before knows {name} by another account")


def _check_checkpoint(before: Predecessor, entry: TrustEntry | None) -> None:
    if entry is None or entry.checkpoint is None:
        return
    known = entry.checkpoint
    message = f"you know a final block at height {known.height}, which the new chain leaves out"
    require(known.height <= before.height, "checkpoint", message)
    same = known.height < before.height or known.block_id == before.block_id
    message = f"you know another final block at height {known.height}: the chain has forked"
    require(same, "checkpoint", message)
