"""What a genesis says of the chain that it takes the place of, and who answers for that.

For a chain whose quorum is lost for good. The members that remain begin a new chain with the last
final state of the old one (decision 0013); its genesis names the old chain, that block, its
certificate, who acts for whom, and **who is missing**.

Rules
-----
1. The organisations of the new genesis and those that it calls missing are together those of the
   old chain. Nobody is left out in silence, and nobody joins: the new chain admits later.
2. Every organisation of the new genesis endorses it: the policy that acted for its account in the
   old chain's last final state signs the new chain's id under a domain of its own. So nobody can be
   named as taking part who does not.
3. Where those that remain are not more than half of the organisations, the genesis says so itself:
   `by_minority`. It is then for a court, not for a program, to say which chain is the right one.
4. It begins with neither assets nor allocations: all that is owned comes out of the old state.
"""

from typing import Annotated

from msgspec import Meta

from dure.chain.transaction import (
    Policy,
    PolicyKey,
    PolicyProof,
    ProofMember,
    get_keys,
    get_threshold,
    open_proof,
    validate_policy,
)
from dure.core import hashing
from dure.core.codec import Wire, encode
from dure.core.errors import InvalidGenesis, InvalidTransaction
from dure.core.signatures import verify_many
from dure.core.types import (
    INT_MAX,
    BlockId,
    ChainId,
    Digest,
    Hash,
    Height,
    Instant,
)
from dure.core.validators import Name

ORGANISATIONS_MAX = 128


class Predecessor(Wire, frozen=True):
    """The chain before: where it ended, and what its members resolved about going on."""

    chain_id: ChainId
    height: Height
    """Of its last final block. The new chain's first block has the next height."""
    block_id: BlockId
    time: Instant
    """Header time of that block."""
    certificate_hash: Hash
    """Of the certificate that makes that block final."""
    state_root: Hash
    """Of the state that the **new** chain begins with: the old one with the changes resolved."""
    signers: Annotated[tuple[Policy, ...], Meta(min_length=1, max_length=ORGANISATIONS_MAX)]
    """For each organisation of the genesis, in its order, the policy that acted for its account in
    the old chain's last final state: its keys may have been exchanged since the old genesis.
    """
    authority: Policy | None
    """Acts for the authority's account from now on; the one before may have lost its keys.

    Null where the governance contract decides: it counts the organisations that remain.
    """
    missing: Annotated[tuple[Name, ...], Meta(max_length=ORGANISATIONS_MAX)]
    """Organisations of the old chain that do not take part, sorted."""
    by_minority: bool
    """Whether the organisations that remain are no more than half of those of the old chain."""


class Endorsement(Wire, frozen=True):
    """An organisation's signatures for a new genesis."""

    organisation: Name
    proof: PolicyProof


Endorsements = Annotated[tuple[Endorsement, ...], Meta(max_length=ORGANISATIONS_MAX)]


def compute_endorsement_message(chain_id: ChainId) -> Digest:
    """Return the 32 bytes that an organisation signs for a new genesis of this chain id."""
    return hashing.compute_hash(hashing.ENDORSEMENT, encode(chain_id))


def validate_predecessor(
    predecessor: Predecessor, organisations: tuple[Name, ...], time: Instant
) -> None:
    """Raise `InvalidGenesis` where what a genesis says of its predecessor contradicts itself."""
    missing, remaining = predecessor.missing, set(organisations)
    require(
        len(predecessor.signers) == len(organisations),
        "there is one signing policy for each organisation",
    )
    require(list(missing) == sorted(set(missing)), "missing organisations are sorted and distinct")
    require(not remaining & set(missing), "an organisation is named as missing and as taking part")
    is_minority = len(remaining) <= len(missing)
    require(
        predecessor.by_minority == is_minority,
        f"{len(remaining)} of {len(remaining) + len(missing)} organisations go on, and the genesis "
        f"says {'by_minority' if predecessor.by_minority else 'nothing of a minority'}",
    )
    require(predecessor.height >= 1, "the chain before has no block that is final by certificate")
    require(predecessor.height < INT_MAX, "the chain before has no next height")
    require(time > predecessor.time, "the chain begins before its predecessor's last block")
    try:
        for policy in (*predecessor.signers, predecessor.authority):
            if policy is not None:
                validate_policy(policy)
    except InvalidTransaction as problem:
        raise InvalidGenesis(problem.message) from problem


def validate_endorsements(
    predecessor: Predecessor | None,
    organisations: tuple[Name, ...],
    chain_id: ChainId,
    endorsements: tuple[Endorsement, ...],
) -> None:
    """Raise `InvalidGenesis` unless exactly the organisations named have signed, each rightly."""
    if predecessor is None:
        require(not endorsements, "only a genesis with a predecessor is endorsed")
        return
    flaws = find_flaws(predecessor, organisations, chain_id, endorsements)
    require(not flaws, "; ".join(flaws.values()))
    given = tuple(endorsement.organisation for endorsement in endorsements)
    require(
        given == organisations,
        "the endorsements are those of the organisations, each once and in their order",
    )


def find_flaws(
    predecessor: Predecessor,
    organisations: tuple[Name, ...],
    chain_id: ChainId,
    endorsements: tuple[Endorsement, ...],
) -> dict[Name, str]:
    """Return for each organisation that has not endorsed rightly what is wrong or missing."""
    message = compute_endorsement_message(chain_id)
    given = {endorsement.organisation: endorsement for endorsement in endorsements}
    found = {
        name: _find_flaw(policy, name, given.get(name), message)
        for name, policy in zip(organisations, predecessor.signers, strict=True)
    }
    return {name: flaw for name, flaw in found.items() if flaw}


def sign_endorsement(
    endorsement: Endorsement, key: PolicyKey, signature: ProofMember
) -> Endorsement:
    """Return the endorsement with one more signature, of a key of its policy."""
    places = get_keys(endorsement.proof.policy)
    signatures = tuple(
        signature if place == key else before
        for place, before in zip(places, endorsement.proof.signatures, strict=True)
    )
    proof = PolicyProof(endorsement.proof.policy, signatures)
    return Endorsement(endorsement.organisation, proof)


def begin_endorsement(organisation: Name, policy: Policy) -> Endorsement:
    """Return an endorsement that nobody has signed yet."""
    return Endorsement(organisation, PolicyProof(policy, (None,) * len(get_keys(policy))))


def _find_flaw(policy: Policy, name: Name, given: Endorsement | None, message: Digest) -> str:
    if given is None:
        return f"the genesis lacks the endorsement of {name}"
    proof, needed = given.proof, get_threshold(policy)
    if proof.policy != policy:
        return f"{name} endorses with another policy than that of its account"
    if len(proof.signatures) != len(get_keys(policy)):
        return f"the endorsement of {name} has not one place for each key"
    count = len(proof.signatures) - proof.signatures.count(None)
    if count != needed:
        return f"the endorsement of {name} carries {count} of {needed} signatures"
    try:
        signed, _ = open_proof(proof, message)
    except InvalidTransaction as problem:
        return f"the endorsement of {name} is not in order: {problem.message}"
    if not all(verify_many(signed)):
        return f"a signature in the endorsement of {name} does not verify"
    return ""


def require(condition: bool, message: str) -> None:  # noqa: FBT001 - reads like a sentence
    """Raise `InvalidGenesis` with `message` unless the condition holds."""
    if not condition:
        raise InvalidGenesis(message)
