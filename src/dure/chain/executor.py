"""The one door between ordering and the ledger.

| door | what it does |
|---|---|
| `check` | says whether a transaction may wait for a block |
| `propose` | builds and executes a candidate block |
| `judge` | executes somebody else's block and compares every root |
| `commit` | makes a candidate the head; returns what the disk must write |
| `undo` | takes the head back (longest-chain engines) |
| `next_due`, `has_scheduled_work` | when the chain next acts by itself |
| `read`, `prove`, `call_view`, `build_snapshot` | reading and proving the state at the head |

Candidates are layers of writes on their parent, keyed by block id; several may hang on one parent. The executor never
sees a certificate and never counts a vote. It does no I/O: what must become durable is returned by `commit`.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dure.chain import schedule, state
from dure.chain.state_tree import proof, tree
from dure.chain.admission import TransactionCache
from dure.chain.execution import Execution, Rules, validate_admissible
from dure.chain.genesis.document import Genesis, GenesisDocument, compute_chain_id
from dure.chain.genesis.state import build_genesis_header, build_genesis_state
from dure.chain.money import validate_conservation
from dure.chain.parameters import Parameters, compute_parameters_root
from dure.chain.receipt import Record, compute_receipt_root
from dure.chain.session import Session
from dure.chain.transaction import Transaction, compute_address
from dure.contract.ports import Invocation, Machine, Meter
from dure.core.block import HEADER_VERSION, Block, Header, compute_block_id
from dure.core.errors import InvalidBlock, InvalidTransaction, TransactionReplayed
from dure.core.merkle import compute_root
from dure.core.types import (
    BlockId,
    Gas,
    Hash,
    Height,
    Instant,
    PublicKey,
    TransactionId,
)
from dure.core.validators import ValidatorSet, compute_validators_root

VIEW_GAS = Gas(50_000_000)
CANDIDATES_MAX = 64


@dataclass(frozen=True, slots=True)
class Position:
    """The ledger after one block: what a candidate hangs on."""

    block_id: BlockId
    header: Header
    layers: tuple[state.Writes, ...]
    """Writes of this block and its uncommitted ancestors, newest first; empty at the head."""
    root: tree.Node | None
    queue: schedule.Queue
    executed: tuple[dict[TransactionId, Instant], ...]
    """Transactions of this block and its uncommitted ancestors."""
    validators: ValidatorSet
    """Who decides the next block."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An executed block that is not committed."""

    block: Block
    position: Position
    records: tuple[Record, ...]
    refused: tuple[tuple[Transaction, InvalidTransaction], ...]
    """Transactions that the proposer left out, and why."""


@dataclass(frozen=True, slots=True)
class Committed:
    """What the disk must write, all or nothing."""

    candidate: Candidate
    writes: state.Writes
    undo: state.Writes
    """For each key written, the value before; None where there was none."""


class Executor:
    """A ledger in memory with its head, its candidates and its replay window."""

    def __init__(self, document: GenesisDocument, machine: Machine) -> None:
        self.genesis: Genesis = document.genesis
        self.chain_id = compute_chain_id(document.genesis)
        self.transactions = TransactionCache()
        self._state: dict[bytes, bytes] = build_genesis_state(document)
        self._seen: dict[TransactionId, Instant] = {}
        self._recent: deque[tuple[Instant, tuple[TransactionId, ...]]] = deque()
        self._candidates: dict[BlockId, Candidate] = {}
        self._loaded: set[Hash] = set()
        self._machine = machine
        self._rules = Rules(
            chain_id=self.chain_id,
            authority=compute_address(document.genesis.authority),
            story_clock=document.genesis.story_clock,
            machine=machine,
            load_program=self._load_program,
        )
        root = tree.update(None, self._state.items())
        header = build_genesis_header(document.genesis, tree.compute_root(root))
        self._head = self._position(header, root)

    # Where the ledger stands

    @property
    def head(self) -> Position:
        """The newest committed block."""
        return self._head

    @property
    def parameters(self) -> Parameters:
        """The chain parameters at the head."""
        return self._view(self._head).require(Parameters, state.PARAMETERS)

    @property
    def ledger_time(self) -> Instant:
        """Ledger time at the head."""
        clock = self._view(self._head).require(state.Clock, state.CLOCK)
        return Instant(self._head.header.time + clock.offset)

    def restore(
        self, header: Header, items: Iterable[tuple[bytes, bytes]], recent: Iterable[Block]
    ) -> None:
        """Continue at a stored head. `recent` are the blocks of the replay window, oldest first.

        Raises `InvalidBlock` where the recomputed state root is not the header's.
        """
        self._state = dict(items)
        root = tree.update(None, self._state.items())
        if tree.compute_root(root) != header.state_root:
            raise InvalidBlock(
                "the stored state is not the one of the stored head", rule="state root"
            )
        self._head = self._position(header, root)
        for block in recent:
            opened = self.transactions.open_many(block.transactions)
            ids = {
                t.transaction_id: t.body.valid_until for t in opened if isinstance(t, Transaction)
            }
            self._remember(block.header.time, ids)

    # Admission

    def check(self, transaction: Transaction, now: Instant) -> None:
        """Raise `InvalidTransaction` where it could not stand in a block made now on the head."""
        time = Instant(max(now, self._head.header.time + 1))
        view = self._view(self._head)
        parameters = self.parameters
        validate_admissible(
            transaction, view=view, rules=self._rules, parameters=parameters, time=time
        )
        if transaction.transaction_id in self._seen:
            raise TransactionReplayed("this transaction was executed before")

    def is_executed(self, transaction_id: TransactionId) -> bool:
        """Say whether a block inside the replay window holds the transaction."""
        return transaction_id in self._seen

    # Candidates

    def propose(
        self,
        parent: BlockId,
        *,
        time: Instant,
        proposer: PublicKey,
        transactions: Iterable[Transaction],
        engine: bytes = b"",
    ) -> Candidate | None:
        """Build a block on `parent` (the head or a candidate); None where there is nothing to do."""
        position = self._get_position(parent)
        execution = self._begin(position, time)
        execution.run_scheduled()
        envelopes, refused = _fill(execution, transactions)
        if not envelopes and not execution.view.top:
            return None
        draft = self._draft_header(position, time, proposer, engine)
        return self._finish(position, execution, draft, tuple(envelopes), tuple(refused))

    def judge(self, block: Block) -> Candidate:
        """Execute a block and compare every root; raise `InvalidBlock` with the first rule that it breaks."""
        block_id = compute_block_id(block.header)
        known = self._candidates.get(block_id)
        if known is not None and known.block.transactions == block.transactions:
            return known
        header = block.header
        position = self._get_position(header.previous)
        self._validate_frame(position, block)
        execution = self._begin(position, header.time)
        execution.run_scheduled()
        self._run_all(execution, block)
        draft = self._draft_header(position, header.time, header.proposer, header.engine)
        candidate = self._finish(position, execution, draft, block.transactions, ())
        _validate_equal(candidate.block.header, header)
        return candidate

    def get_candidate(self, block_id: BlockId) -> Candidate | None:
        """Return an executed candidate."""
        return self._candidates.get(block_id)

    # The head moves

    def commit(self, block_id: BlockId) -> Committed:
        """Make a candidate on the head the new head."""
        candidate = self._candidates.pop(block_id)
        position = candidate.position
        assert candidate.block.header.previous == self._head.block_id, "only a child of the head"
        writes = position.layers[0]
        undo = {key: self._state.get(key) for key in writes}
        for key, value in writes.items():
            if value is None:
                self._state.pop(key, None)
            else:
                self._state[key] = value
        self._head = replace(position, layers=(), executed=())
        self._remember(candidate.block.header.time, position.executed[0])
        self._drop_orphans(block_id)
        return Committed(candidate, writes, undo)

    def undo(self, previous: Header, undo: state.Writes, ids: Sequence[TransactionId]) -> None:
        """Take the head back to its parent `previous`, with the head's undo record and transaction ids."""
        assert compute_block_id(previous) == self._head.header.previous, (
            "only the parent of the head"
        )
        for key, value in undo.items():
            if value is None:
                self._state.pop(key, None)
            else:
                self._state[key] = value
        root = tree.update(self._head.root, undo.items())
        assert tree.compute_root(root) == previous.state_root, "the undo record is not the head's"
        self._candidates.clear()
        self._head = self._position(previous, root)
        for identity in ids:
            self._seen.pop(identity, None)

    # The chain acts by itself

    def next_due(self) -> Instant | None:
        """Return the block time at which the next scheduled call falls due; None where none waits."""
        clock = self._view(self._head).require(state.Clock, state.CLOCK)
        if clock.target is not None:
            return self._head.header.time
        key = self._head.queue.first
        return None if key is None else Instant(max(0, schedule.get_due(key) - clock.offset))

    def has_scheduled_work(self, now: Instant) -> bool:
        """Say whether a block made now would have something to do by itself."""
        due = self.next_due()
        return due is not None and due <= max(now, self._head.header.time + 1)

    # Reading

    def read(self, key: bytes) -> bytes | None:
        """Return the value under a state key at the head."""
        return self._state.get(key)

    def copy_state(self) -> state.Writes:
        """Return every key and value at the head."""
        return dict(self._state)

    def view(self) -> state.View:
        """Return a reading view of the head; what is written into it is dropped."""
        return self._view(self._head)

    def prove(self, key: bytes) -> proof.StateProof:
        """Return the proof of a key's value or absence under the head's state root."""
        return proof.build_proof(self._head.root, key)

    def call_view(self, call: Invocation) -> bytes:
        """Run a contract's read-only method at the head."""
        session = Session(
            self.view(),
            chain_id=self.chain_id,
            height=self._head.header.height,
            time=self.ledger_time,
            scheduled_gas_max=Gas(0),
            load_program=self._load_program,
        )
        return self._machine.view(session, call, Meter(VIEW_GAS))

    def build_snapshot(self) -> Iterator[proof.Chunk]:
        """Yield the head's state in chunks that each prove themselves."""
        by_path = {tree.compute_path(key): (key, value) for key, value in self._state.items()}
        return proof.build_chunks(self._head.root, by_path.__getitem__)

    # Inside

    def _position(self, header: Header, root: tree.Node | None) -> Position:
        view = state.View(self._state, ({},))
        return Position(
            block_id=compute_block_id(header),
            header=header,
            layers=(),
            root=root,
            queue=schedule.Queue(key for key in self._state if key[0] == schedule.PREFIX),
            executed=(),
            validators=view.require(ValidatorSet, state.VALIDATORS),
        )

    def _view(self, position: Position) -> state.View:
        return state.View(self._state, ({}, *position.layers))

    def _get_position(self, block_id: BlockId) -> Position:
        if block_id == self._head.block_id:
            return self._head
        candidate = self._candidates.get(block_id)
        if candidate is None:
            raise InvalidBlock("the parent is not known here", rule="parent")
        return candidate.position

    def _begin(self, position: Position, time: Instant) -> Execution:
        def is_seen(identity: TransactionId) -> bool:
            return identity in self._seen or any(identity in layer for layer in position.executed)

        return Execution(
            rules=self._rules,
            view=self._view(position),
            queue=position.queue,
            height=Height(position.header.height + 1),
            header_time=time,
            is_seen=is_seen,
        )

    def _draft_header(
        self, position: Position, time: Instant, proposer: PublicKey, engine: bytes
    ) -> Header:
        return Header(
            version=HEADER_VERSION,
            chain_id=self.chain_id,
            height=Height(position.header.height + 1),
            time=time,
            previous=position.block_id,
            transaction_root=position.header.transaction_root,
            state_root=position.header.state_root,
            receipt_root=position.header.receipt_root,
            validators_root=position.header.next_validators_root,
            next_validators_root=position.header.next_validators_root,
            parameters_root=position.header.parameters_root,
            proposer=proposer,
            engine=engine,
        )

    def _finish(
        self,
        position: Position,
        execution: Execution,
        draft: Header,
        envelopes: tuple[bytes, ...],
        refused: tuple[tuple[Transaction, InvalidTransaction], ...],
    ) -> Candidate:
        view = execution.view
        validators = view.require(ValidatorSet, state.VALIDATORS)
        if state.VALIDATORS in view.top:
            _note_handover(view, draft.height)
        validate_conservation(state.View(view.base, view.layers[1:] or ({},)), view.top)
        root = tree.update(position.root, view.top.items())
        opened = self.transactions.open_many(envelopes)
        ids = [t.envelope_id for t in opened if isinstance(t, Transaction)]
        header = _complete(
            draft,
            transaction_root=compute_root(ids),
            state_root=tree.compute_root(root),
            receipt_root=compute_receipt_root(execution.records),
            next_validators_root=compute_validators_root(validators),
            parameters_root=compute_parameters_root(view.require(Parameters, state.PARAMETERS)),
        )
        after = Position(
            block_id=compute_block_id(header),
            header=header,
            layers=(view.top, *position.layers),
            root=root,
            queue=execution.queue,
            executed=(execution.executed, *position.executed),
            validators=validators,
        )
        block = Block(header=header, transactions=envelopes)
        candidate = Candidate(block, after, tuple(execution.records), refused)
        if len(self._candidates) >= CANDIDATES_MAX:
            del self._candidates[next(iter(self._candidates))]
        self._candidates[after.block_id] = candidate
        return candidate

    def _validate_frame(self, position: Position, block: Block) -> None:
        header, parameters = (
            block.header,
            self._view(position).require(Parameters, state.PARAMETERS),
        )
        rules = {
            "version": header.version == HEADER_VERSION,
            "chain id": header.chain_id == self.chain_id,
            "height": header.height == position.header.height + 1,
            "time": header.time > position.header.time,
            "size": sum(map(len, block.transactions)) <= parameters.block_bytes_max,
        }
        for rule, holds in rules.items():
            if not holds:
                message = f"the block breaks the rule of its {rule}"
                raise InvalidBlock(message, rule=rule)

    def _run_all(self, execution: Execution, block: Block) -> None:
        parameters = execution.parameters
        opened = self.transactions.open_many(
            block.transactions, bytes_max=parameters.transaction_bytes_max
        )
        gas = 0
        for transaction in opened:
            if isinstance(transaction, InvalidTransaction):
                message = f"the block holds an invalid transaction: {transaction.message}"
                raise InvalidBlock(message, rule="transaction")
            gas += transaction.body.gas_limit
            try:
                execution.run_transaction(transaction)
            except InvalidTransaction as problem:
                message = f"a transaction may not stand in this block: {problem.message}"
                raise InvalidBlock(message, rule="transaction") from problem
        if gas > parameters.block_gas_max:
            raise InvalidBlock("the block asks for more gas than a block may", rule="gas")

    def _load_program(self, view: state.View, code_hash: Hash) -> None:
        if code_hash not in self._loaded:
            source = view.require(state.Source, state.key_source(code_hash))
            loaded = self._machine.load(source.text, source.class_name)
            assert loaded == code_hash, "the machine hashes sources differently than before"
            self._loaded.add(code_hash)

    def _remember(self, time: Instant, ids: dict[TransactionId, Instant]) -> None:
        self._seen.update(ids)
        self._recent.append((time, tuple(ids)))
        horizon = self._head.header.time - self.parameters.replay_window
        while self._recent and self._recent[0][0] < horizon:
            for identity in self._recent.popleft()[1]:
                self._seen.pop(identity, None)

    def _drop_orphans(self, head: BlockId) -> None:
        kept: dict[BlockId, Candidate] = {}
        for block_id, candidate in self._candidates.items():
            previous = candidate.block.header.previous
            if previous == head:
                position = candidate.position
                alone = replace(
                    position, layers=position.layers[:1], executed=position.executed[:1]
                )
                kept[block_id] = replace(candidate, position=alone)
        self._candidates = kept


def _fill(
    execution: Execution, transactions: Iterable[Transaction]
) -> tuple[list[bytes], list[tuple[Transaction, InvalidTransaction]]]:
    parameters = execution.parameters
    gas, size = parameters.block_gas_max, parameters.block_bytes_max
    envelopes: list[bytes] = []
    refused: list[tuple[Transaction, InvalidTransaction]] = []
    for transaction in transactions:
        wanted, length = transaction.body.gas_limit, len(transaction.envelope)
        if wanted > gas or length > size:
            break
        try:
            execution.run_transaction(transaction)
        except InvalidTransaction as problem:
            refused.append((transaction, problem))
            continue
        gas, size = Gas(gas - wanted), size - length
        envelopes.append(transaction.envelope)
    return envelopes, refused


def _note_handover(view: state.View, height: Height) -> None:
    known = view.load(tuple[Height, ...], state.HANDOVERS) or ()
    view.save(state.HANDOVERS, (*known, height))


def _complete(draft: Header, **roots: Hash) -> Header:
    values = {name: getattr(draft, name) for name in Header.__struct_fields__}
    return Header(**(values | roots))


def _validate_equal(computed: Header, stated: Header) -> None:
    for name in Header.__struct_fields__:
        if getattr(computed, name) != getattr(stated, name):
            rule = name.replace("_", " ")
            message = f"the block states another {rule} than its transactions lead to"
            raise InvalidBlock(message, rule=rule)
