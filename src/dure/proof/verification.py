"""Checking a proof file offline: from the genesis, through the validators' history, to the claim.

The checks, in order; the first that breaks is named in `InvalidProof.facts["check"]`
-------------------------------------------------------------------------------------
1. `genesis`: a genesis that may begin a chain; its hash is the chain's id.
2. `handover N`: each change of the validator set is sealed by a quorum of the set before, comes
   later than the one before, and names the next set.
3. `header`, `validators`: the header is of this chain and names the set in force.
4. `certificate`: a quorum of that set sealed the header, all in one round.
5. `transaction …`, `receipt …`, `outcome …`, `state …`: the claim's paths end at the header's
   roots (`dure.proof.claim_checks`).
6. `checkpoint`: no header contradicts a block that the reader knows to be final.

Whether it is the right chain is another question: see `dure.proof.trust`. Nobody's word but that of
the genesis is believed before its hash is compared with an id known from elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dure.chain.genesis.document import (
    Genesis,
    compute_chain_id,
    get_first_height,
    get_names,
)
from dure.chain.genesis.predecessor import Predecessor, validate_predecessor
from dure.consensus.quorum import validate_certificate
from dure.core.block import HEADER_VERSION, Header, compute_block_id
from dure.core.certificate import Certificate
from dure.core.errors import InvalidCertificate, InvalidGenesis, InvalidProof
from dure.core.types import BlockId, ChainId, Height, Instant
from dure.core.validators import (
    ValidatorSet,
    build_validator_set,
    compute_quorum,
    compute_validators_root,
)
from dure.proof.claim_checks import check_claim, require
from dure.proof.events import ShownEvent, list_events
from dure.proof.file import Handover, ProofFile
from dure.proof.trust import NO_TRUST, Trust, TrustEntry

EXIT_PROVED: Final = 0
EXIT_BROKEN: Final = 1
EXIT_UNKNOWN_CHAIN: Final = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a proof shows, to somebody with a given trust. A proof that does not hold has none."""

    known_as: str | None
    """The trust entry's name; None where the reader does not know the chain."""
    statement: str
    """What was proved, in a sentence."""
    steps: tuple[str, ...]
    """Each check that held, in words."""
    chain_id: ChainId
    chain_name: str
    """The chain's own name for itself, from its genesis."""
    test: bool
    """Whether it is a test chain, whose story clock may be moved."""
    height: Height
    block_id: BlockId
    header_time: Instant
    """Wall time that the validators agreed on."""
    ledger_time: str
    """How the time that contracts saw relates to that, in words."""
    events: tuple[ShownEvent, ...]
    """What contracts and ledger said in the outcomes shown."""
    sealed_by: tuple[str, ...]
    """Organisations whose validators sealed the block, in the set's order."""
    predecessor: Predecessor | None
    """The chain that this one goes on from, where its genesis names one."""

    @property
    def is_proved(self) -> bool:
        """Whether the reader knows the chain."""
        return self.known_as is not None

    @property
    def summary(self) -> str:
        """The answer in a few words."""
        if self.is_proved:
            return "proved"
        return "consistent, but the chain is unknown to you"

    @property
    def exit_code(self) -> int:
        """What a command line answers: 0 proved, 3 unknown chain; a broken proof is 1."""
        return EXIT_PROVED if self.is_proved else EXIT_UNKNOWN_CHAIN


@dataclass(frozen=True, slots=True)
class FinalHeader:
    """That a header is final on a chain, and why."""

    chain_id: ChainId
    sealed_by: tuple[str, ...]
    steps: tuple[str, ...]


def verify(proof: ProofFile, trust: Trust = NO_TRUST) -> Verdict:
    """Return what `proof` shows; raise `InvalidProof` naming the first check that broke."""
    final = check_final(proof.genesis, proof.handovers, proof.header, proof.certificate)
    chain_id, steps = final.chain_id, list(final.steps)
    entry = trust.find(chain_id)
    statement, claim_steps = check_claim(proof.header, proof.claim)
    steps.extend(claim_steps)
    steps.extend(_check_checkpoint(proof, entry))
    return Verdict(
        known_as=None if entry is None else entry.name,
        statement=statement,
        steps=tuple(steps),
        chain_id=chain_id,
        chain_name=proof.genesis.name,
        test=proof.genesis.test,
        height=proof.header.height,
        block_id=compute_block_id(proof.header),
        header_time=proof.header.time,
        ledger_time=_describe_ledger_time(proof.genesis),
        events=list_events(proof.claim),
        sealed_by=final.sealed_by,
        predecessor=proof.genesis.predecessor,
    )


def check_final(
    genesis: Genesis, handovers: Sequence[Handover], header: Header, certificate: Certificate
) -> FinalHeader:
    """Return how `header` is known to be final on the chain of `genesis`.

    Raise `InvalidProof` naming the first check that broke.
    """
    chain_id = _check_genesis(genesis)
    steps = [f"the genesis hashes to the chain {chain_id.hex()}"]
    if genesis.predecessor is not None:
        steps.append(describe_predecessor(genesis.predecessor))
    validators, lowest = genesis.validators, Height(get_first_height(genesis) + 1)
    for number, handover in enumerate(handovers):
        _check_handover(handover, number, chain_id, validators, lowest)
        validators, lowest = handover.validators, Height(handover.header.height + 1)
        steps.append(f"at height {handover.header.height} the validators handed over to the next")
    _check_frame(header, "header", chain_id, lowest)
    _check_decided(header, certificate, validators, ("validators", "certificate"))
    sealers = {seal.validator for seal in certificate.seals}
    sealed_by = tuple(each.organisation for each in validators.members if each.key in sealers)
    needed = compute_quorum(len(validators))
    steps.append(f"the header at height {header.height} names the validators in force")
    steps.append(f"{len(sealed_by)} of {len(validators)} validators sealed it, {needed} are enough")
    return FinalHeader(chain_id, sealed_by, tuple(steps))


def describe_predecessor(before: Predecessor) -> str:
    """Return in a sentence which chain a genesis goes on from, and without whom."""
    said = (
        f"it goes on from the last final block of the chain {before.chain_id.hex()}, height "
        f"{before.height}, block {before.block_id.hex()}"
    )
    if before.missing:
        said += f", without {', '.join(before.missing)}"
    if before.by_minority:
        said += "; those who go on are no more than half of that chain's organisations"
    return said


def _check_genesis(genesis: Genesis) -> ChainId:
    require(genesis.version == 1, "genesis", "this program knows genesis version 1")
    require(
        genesis.test or (genesis.story_clock is None and not genesis.offset),
        "genesis",
        "only a test chain may have a story clock or an offset",
    )
    _check_set(genesis.validators, "genesis")
    if genesis.predecessor is not None:
        try:
            validate_predecessor(genesis.predecessor, get_names(genesis), genesis.time)
        except InvalidGenesis as problem:
            raise InvalidProof(problem.message, check="genesis") from problem
    return compute_chain_id(genesis)


def _check_set(validators: ValidatorSet, check: str) -> None:
    try:
        canonical = build_validator_set(list(validators.members)) == validators
    except ValueError as problem:
        raise InvalidProof(str(problem), check=check) from problem
    require(canonical, check, "the validators are not sorted by key")


def _check_handover(
    handover: Handover, number: int, chain_id: ChainId, before: ValidatorSet, lowest: Height
) -> None:
    check, header = f"handover {number}", handover.header
    _check_frame(header, check, chain_id, lowest)
    _check_decided(header, handover.certificate, before, (check, check))
    _check_set(handover.validators, check)
    committed = compute_validators_root(handover.validators) == header.next_validators_root
    require(committed, check, "the next validators are not those that the header names")
    changed = header.next_validators_root != header.validators_root
    require(changed, check, "the block does not change the validators")


def _check_frame(header: Header, check: str, chain_id: ChainId, lowest: Height) -> None:
    require(header.version == HEADER_VERSION, check, "the header's version is not known here")
    require(
        header.chain_id == chain_id,
        check,
        "the header belongs to another chain than the genesis in the file",
    )
    require(
        header.height >= lowest,
        check,
        f"the height {header.height} is below {lowest}, the first that can stand here",
    )


def _check_decided(
    header: Header, certificate: Certificate, validators: ValidatorSet, checks: tuple[str, str]
) -> None:
    named = compute_validators_root(validators) == header.validators_root
    require(named, checks[0], "the header names other validators than those in force")
    try:
        validate_certificate(header, certificate, validators)
    except InvalidCertificate as problem:
        raise InvalidProof(problem.message, check=checks[1], **problem.facts) from problem


def _check_checkpoint(proof: ProofFile, entry: TrustEntry | None) -> Iterator[str]:
    if entry is None or entry.checkpoint is None:
        return
    known = entry.checkpoint
    for header in (*(handover.header for handover in proof.handovers), proof.header):
        if header.height == known.height:
            same = compute_block_id(header) == known.block_id
            message = f"you know another final block at height {known.height}: the chain has forked"
            require(same, "checkpoint", message)
            yield f"the block at height {known.height} is the one that you know"


def _describe_ledger_time(genesis: Genesis) -> str:
    if not genesis.test:
        return "ledger time is header time"
    seconds, milliseconds = divmod(abs(genesis.offset), 1000)
    days, rest = divmod(seconds, 86_400)
    span = f"{days} days and {rest}.{milliseconds:03} seconds"
    side = "behind" if genesis.offset < 0 else "ahead of"
    clock = "and may be moved ahead by its story clock" if genesis.story_clock else "for ever"
    return f"test chain: ledger time began {span} {side} header time, {clock}"
