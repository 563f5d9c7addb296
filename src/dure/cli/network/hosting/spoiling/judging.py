"""Looking at a spoilt block as nodes look at what they store and at what others give them.

Every check is the node's own function; nothing is decided here. All of them are tried, so that one
sees what would refuse the block if the check before it had been fooled.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from dure.chain.executor import Executor
from dure.cli.access import connect
from dure.cli.network.founding import load_network
from dure.cli.network.hosting.spoiling.copying import Copy
from dure.cli.network.hosting.views import Check, CheckName, Judgement, Witness
from dure.cli.network.processes import find_pid
from dure.consensus.body import has_own_body
from dure.contract.machine import InProcessMachine
from dure.core.block import Block, compute_block_id
from dure.core.codec import decode
from dure.core.errors import ConfigurationError, DureError, NotFound
from dure.core.signatures import verify_many
from dure.core.types import ChainId
from dure.core.validators import ValidatorSet
from dure.node.catching_up.checks import find_seal_fault, has_own_receipts
from dure.node.durable.block_log import BlockLog
from dure.node.ports import StoredBlock
from dure.proof import trust_chain, verify
from dure.sdk.connection.credentials import find_credentials

BLOCKS_JUDGED_MAX: Final = 2_000
ANSWER_TIMEOUT_S: Final = 5.0

LATER: Final[tuple[CheckName, ...]] = ("link", "body", "receipts", "seals", "execution")
"""What can be looked at once the bytes are a block."""


def judge_copy(copy: Copy, network: Path) -> Judgement:
    """Return what each check says of the block that was spoilt, and what untouched nodes say.

    Raise `NotFound` where nothing was spoilt, `ConfigurationError` for a chain that is too long.
    """
    if copy.change is None:
        raise NotFound("no byte of the copy was changed yet")
    if len(copy.places) > BLOCKS_JUDGED_MAX:
        raise ConfigurationError(f"more than {BLOCKS_JUDGED_MAX} blocks are too many to play with")
    height = copy.change.height
    stored, form = _read_form(copy, height)
    checks = [_check_disk(copy, height), form]
    executor = _execute_before(copy, height)
    if stored is None:
        checks += [Check(name=name, holds=None, says="") for name in LATER]
    else:
        checks += _check_block(copy, height, stored, executor)
    others = _execute_rest(copy, height, executor)
    witnesses, proof = _ask_others(network, height)
    return Judgement(
        height=height,
        block_id=None if stored is None else compute_block_id(stored.block.header).hex(),
        checks=checks,
        others=others,
        witnesses=witnesses,
        proof=proof,
    )


def _check_disk(copy: Copy, height: int) -> Check:
    """Read the record as the node's store does."""
    log = BlockLog(copy.log, copy.store_id, is_writer=False)
    try:
        log.load_block(copy.find_place(height).record)
    except DureError as problem:
        return Check(name="disk", holds=False, says=problem.message)
    finally:
        log.close()
    return Check(name="disk", holds=True, says="")


def _read_form(copy: Copy, height: int) -> tuple[StoredBlock | None, Check]:
    """Decode the bytes, as from a disk whose checksum was right or from a peer."""
    try:
        stored = decode(StoredBlock, copy.read_present(height))
    except DureError as problem:
        return None, Check(name="form", holds=False, says=problem.message)
    return stored, Check(name="form", holds=True, says="")


def _check_block(copy: Copy, height: int, stored: StoredBlock, executor: Executor) -> list[Check]:
    validators = executor.head.validators
    return [
        _check_link(copy, height, stored.block),
        _ask("body", lambda: has_own_body(stored.block), "its block has a foreign body"),
        _ask("receipts", lambda: has_own_receipts(stored), "its receipts are not the block's"),
        _check_seals(stored, validators),
        _check_execution(stored.block, executor),
    ]


def _check_link(copy: Copy, height: int, block: Block) -> Check:
    if height == copy.head:
        return Check(name="link", holds=None, says="it is the newest block: none names it yet")
    above = decode(StoredBlock, copy.read_original(height + 1)).block.header.previous
    own = compute_block_id(block.header)
    says = f"block {height + 1} names {above.hex()}, and this is {own.hex()}"
    return Check(name="link", holds=above == own, says="" if above == own else says)


def _ask(name: CheckName, question: Callable[[], bool], says: str) -> Check:
    holds = question()
    return Check(name=name, holds=holds, says="" if holds else says)


def _check_seals(stored: StoredBlock, validators: ValidatorSet) -> Check:
    fault = find_seal_fault(stored.block, stored.certificate, validators, verify=verify_many)
    return Check(name="seals", holds=fault is None, says=fault or "")


def _check_execution(block: Block, executor: Executor) -> Check:
    try:
        executor.judge(block)
    except DureError as problem:
        return Check(name="execution", holds=False, says=problem.message)
    return Check(name="execution", holds=True, says="")


def _execute_before(copy: Copy, height: int) -> Executor:
    """Return a ledger that stands at the block below, by the untouched blocks."""
    executor = Executor(copy.document, InProcessMachine())
    for below in range(copy.first + 1, height):
        _follow(executor, copy, below)
    return executor


def _execute_rest(copy: Copy, height: int, executor: Executor) -> int:
    """Go on with the block as it was; return how many other blocks of the copy hold."""
    for rest in range(height, copy.head + 1):
        _follow(executor, copy, rest)
    return copy.head - copy.first - 1


def _follow(executor: Executor, copy: Copy, height: int) -> None:
    block = decode(StoredBlock, copy.read_original(height)).block
    executor.commit(executor.judge(block).position.block_id)


def _ask_others(folder: Path, height: int) -> tuple[list[Witness], str | None]:
    """Return what running nodes say of the block, and what a proof from it comes to."""
    network = load_network(folder)
    witnesses: list[Witness] = []
    transactions: list[str] = []
    for member in network.members:
        if find_pid(folder, member) is None:
            continue
        try:
            answer = httpx.get(
                f"{member.url}/v1/blocks/{height}",
                headers=find_credentials().build_headers([member.url]),
                timeout=ANSWER_TIMEOUT_S,
                trust_env=False,
            )
            answer.raise_for_status()
            block = answer.json()
        except (httpx.HTTPError, ValueError):
            continue
        seals = len(block["certificate"]["seals"])
        witnesses.append(Witness(node=member.name, block_id=block["block_id"], seals=seals))
        transactions = block["transactions"]
    if not transactions:
        return witnesses, None
    return witnesses, _prove(folder, bytes.fromhex(transactions[0]))


def _prove(folder: Path, transaction: bytes) -> str | None:
    """Return what the proof of a transaction states, checked against the chain's id alone."""
    chain_id = ChainId(bytes.fromhex(load_network(folder).chain_id))
    try:
        with connect(folder) as client:
            proof = client.prove_transaction(transaction)
        return verify(proof, trust_chain(chain_id)).statement
    except DureError as problem:
        return problem.message
