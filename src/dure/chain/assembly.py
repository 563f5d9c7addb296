"""From an execution to a header and back: how a block is drafted, completed and compared."""

from collections.abc import Iterable
from typing import Final

import msgspec

from dure.chain import state
from dure.chain.candidate import Candidate, OtherResults, Position
from dure.chain.execution.block import Execution
from dure.chain.parameters import Parameters, compute_parameters_root
from dure.chain.transaction import Transaction
from dure.core.block import HEADER_VERSION, Block, Header, compute_transaction_root
from dure.core.errors import InvalidBlock, InvalidTransaction, TransactionTooEarly
from dure.core.types import ChainId, Gas, Height, Instant, PublicKey
from dure.core.validators import ValidatorSet, compute_validators_root

REFUSED_MAX: Final = 4096
"""Waiting transactions that one proposal refuses before it leaves the rest for the next."""
PASSED_OVER_MAX: Final = 64
"""Waiting transactions that one proposal finds no room for before it is full."""

Refused = tuple[Transaction, InvalidTransaction]


def fill(
    execution: Execution, transactions: Iterable[Transaction]
) -> tuple[list[Transaction], list[Refused]]:
    """Execute what fits into the block, in order; return what stands in it and what never will.

    What does not fit now, or only becomes valid in a moment, is passed over and goes on waiting.
    """
    gas, size = execution.parameters.block_gas_max, execution.parameters.block_bytes_max
    taken: list[Transaction] = []
    refused: list[Refused] = []
    passed_over = 0
    for transaction in transactions:
        if passed_over >= PASSED_OVER_MAX or len(refused) >= REFUSED_MAX:
            break
        wanted, length = transaction.body.gas_limit, len(transaction.envelope)
        if (wanted > gas or length > size) and _fits_alone(execution.parameters, transaction):
            passed_over += 1
            continue
        try:
            execution.run_transaction(transaction)
        except TransactionTooEarly:
            passed_over += 1
        except InvalidTransaction as problem:
            refused.append((transaction, problem))
        else:
            gas, size = Gas(gas - wanted), size - length
            taken.append(transaction)
    return taken, refused


def _fits_alone(parameters: Parameters, transaction: Transaction) -> bool:
    """Say whether an empty block has room; where none has, executing says what is wrong."""
    return (
        transaction.body.gas_limit <= parameters.block_gas_max
        and len(transaction.envelope) <= parameters.transaction_bytes_max
    )


def draft_header(
    chain_id: ChainId, parent: Position, *, time: Instant, proposer: PublicKey, engine: bytes
) -> Header:
    """Return a header on `parent` whose roots are still the parent's."""
    return Header(
        version=HEADER_VERSION,
        chain_id=chain_id,
        height=Height(parent.header.height + 1),
        time=time,
        previous=parent.block_id,
        transaction_root=parent.header.transaction_root,
        state_root=parent.header.state_root,
        receipt_root=parent.header.receipt_root,
        validators_root=parent.header.next_validators_root,
        next_validators_root=parent.header.next_validators_root,
        parameters_root=parent.header.parameters_root,
        proposer=proposer,
        engine=engine,
    )


def validate_frame(chain_id: ChainId, parent: Position, block: Block) -> None:
    """Raise `InvalidBlock` for all that can be wrong before anything is executed."""
    header, parameters = block.header, parent.parameters
    rules = {
        "version": header.version == HEADER_VERSION,
        "chain id": header.chain_id == chain_id,
        "height": header.height == parent.header.height + 1,
        "time": header.time > parent.header.time,
        "validators root": header.validators_root == parent.header.next_validators_root,
        "proposer": header.proposer in parent.validators,
        "engine": not header.engine,
        "size": sum(map(len, block.transactions)) <= parameters.block_bytes_max,
        "transaction root": (
            compute_transaction_root(block.transactions) == header.transaction_root
        ),
    }
    for rule, holds in rules.items():
        if not holds:
            message = f"the block breaks the rule of its {rule}"
            raise InvalidBlock(message, rule=rule)


def run_all(
    execution: Execution, opened: Iterable[Transaction | InvalidTransaction]
) -> list[Transaction]:
    """Execute a block's transactions; raise `InvalidBlock` unless each may stand there."""
    transactions: list[Transaction] = []
    for transaction in opened:
        if isinstance(transaction, InvalidTransaction):
            message = f"the block holds an invalid transaction: {transaction.message}"
            raise InvalidBlock(message, rule="transaction")
        transactions.append(transaction)
    gas = sum(transaction.body.gas_limit for transaction in transactions)
    if gas > execution.parameters.block_gas_max:
        raise InvalidBlock("the block asks for more gas than a block may", rule="gas")
    for transaction in transactions:
        try:
            execution.run_transaction(transaction)
        except InvalidTransaction as problem:
            message = f"a transaction may not stand in this block: {problem.message}"
            raise InvalidBlock(message, rule="transaction") from problem
    return transactions


def may_stand(
    parent: Position, execution: Execution, time: Instant, taken: list[Transaction]
) -> bool:
    """Say whether a block has something in it, or is the heartbeat that is due."""
    heartbeat = parent.parameters.heartbeat
    is_due = heartbeat > 0 and time >= parent.header.time + heartbeat
    return bool(taken or execution.view.top) or is_due


def settle_rules(
    view: state.View, parent: Position, draft: Header
) -> tuple[ValidatorSet, Parameters, Header]:
    """Return who decides the next block, what holds in it, and the header with both roots.

    Nearly always that is what the parent says, and nothing is read or hashed.
    """
    validators, parameters = parent.validators, parent.parameters
    if state.VALIDATORS in view.top:
        validators = view.require(ValidatorSet, state.VALIDATORS)
        if validators != parent.validators:
            _note_handover(view, draft.height, validators)
        root = compute_validators_root(validators)
        draft = msgspec.structs.replace(draft, next_validators_root=root)
    if state.PARAMETERS in view.top:
        parameters = view.require(Parameters, state.PARAMETERS)
        root = compute_parameters_root(parameters)
        draft = msgspec.structs.replace(draft, parameters_root=root)
    return validators, parameters, draft


def _note_handover(view: state.View, height: Height, validators: ValidatorSet) -> None:
    """Note that the block of `height` hands over to `validators`: proofs name header and set."""
    known = view.load(tuple[Height, ...], state.HANDOVERS) or ()
    view.save(state.HANDOVERS, (*known, height))
    view.save(state.key_validators(Height(height + 1)), validators)


def validate_results(computed: Candidate, stated: Header) -> None:
    """Raise `OtherResults` with the first field in which the headers differ."""
    for name in Header.__struct_fields__:
        if getattr(computed.position.header, name) != getattr(stated, name):
            raise OtherResults(name.replace("_", " "), computed)
