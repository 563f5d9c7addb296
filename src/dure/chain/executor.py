"""The one door between ordering and the ledger.

| door | what it does |
|---|---|
| `check`, `build_checks` | says whether a transaction may wait for a block |
| `propose` | builds and executes a candidate block |
| `judge` | executes somebody else's block and compares every root |
| `commit` | makes a candidate the head; returns what the disk must write |
| `undo` | takes the head back (longest-chain engines) |
| `next_due`, `has_scheduled_work` | when the chain next acts by itself |
| `read`, `prove`, `call_view` | reading and proving the state at the head |
| `freeze`, `thaw` | keeping the state after one block readable while the chain goes on |
| `restore`, `adopt` | continuing at a stored head, or at one that came from peers |

Candidates are layers of writes on their parent, keyed by block id; several may hang on one parent.
The executor never sees a certificate and never counts a vote. It does no I/O: what must become
durable is returned by `commit`.
"""

from collections.abc import Iterable, Mapping

import msgspec

from dure.chain import assembly, schedule, state, system
from dure.chain.admission import TransactionCache
from dure.chain.candidate import Candidate, Candidates, Committed, Position
from dure.chain.execution.block import Execution
from dure.chain.execution.quota import Quota
from dure.chain.execution.rules import Checks, Rules
from dure.chain.execution.session import Moment, Session
from dure.chain.genesis.document import EngineKind, Genesis, GenesisDocument, compute_chain_id
from dure.chain.genesis.state import build_beginning
from dure.chain.money import validate_conservation
from dure.chain.parameters import PROTOCOL_VERSION, Parameters
from dure.chain.replay import Executed, ReplayWindow
from dure.chain.state_tree import proof, tree
from dure.chain.state_tree.frozen import FrozenState
from dure.chain.transaction import Transaction
from dure.contract.bundle import Source
from dure.contract.ports import Invocation, Machine, Meter
from dure.core.block import Block, Header, compute_block_id, compute_transaction_root
from dure.core.errors import InvalidBlock, ProtocolNotKnown
from dure.core.merkle import compute_root
from dure.core.types import BlockId, Gas, Hash, Height, Instant, PublicKey, TransactionId
from dure.core.validators import ValidatorSet

VIEW_GAS = Gas(50_000_000)


class Executor:
    """A ledger in memory with its head, its candidates and its replay window."""

    def __init__(
        self,
        document: GenesisDocument,
        machine: Machine,
        inherited: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """Begin at the genesis; raise `InvalidGenesis`.

        `inherited` is the last final state of the chain before, where the genesis has a
        predecessor; a node that goes on at a stored head calls `restore` and needs none.
        """
        genesis = document.genesis
        self.genesis: Genesis = genesis
        self.chain_id = compute_chain_id(genesis)
        self.transactions = TransactionCache()
        self._state, root, header = build_beginning(document, inherited)
        self._seen = ReplayWindow(genesis.parameters.replay_window)
        self._candidates = Candidates()
        self._frozen: list[FrozenState] = []
        self._loaded: set[Hash] = set()
        self._machine = machine
        self._rules = Rules(
            chain_id=self.chain_id,
            story_clock=genesis.story_clock,
            has_one_validator=genesis.engine is EngineKind.SOLO,
            machine=machine,
            load_program=self._load_program,
        )
        self._head = self._build_head(header, root)

    # Where the ledger stands

    @property
    def head(self) -> Position:
        """The newest committed block."""
        return self._head

    @property
    def parameters(self) -> Parameters:
        """The chain parameters at the head."""
        return self._head.parameters

    @property
    def ledger_time(self) -> Instant:
        """Ledger time at the head."""
        return self._head.ledger_time

    def restore(
        self, header: Header, items: Iterable[tuple[bytes, bytes]], recent: Iterable[Executed]
    ) -> None:
        """Continue at a stored head.

        `recent` are the blocks of the replay window, oldest first, the head's own block last; that
        they reach back far enough is the caller's duty. Raises `InvalidBlock` where the recomputed
        state root is not the header's or the blocks do not lead to it; then nothing has changed.
        """
        stored = dict(items)
        root = tree.update(tree.EMPTY, stored.items())
        self._validate_head(header, root)
        self._stand_at(header, stored, root, recent)

    def adopt(
        self,
        header: Header,
        items: dict[bytes, bytes],
        root: tree.Node,
        recent: Iterable[Executed],
    ) -> None:
        """Continue at a head of which the tree was put together before: otherwise as `restore`.

        `items` become the executor's own.
        """
        self._validate_head(header, root)
        self._stand_at(header, items, root, recent)

    def _validate_head(self, header: Header, root: tree.Node) -> None:
        if header.chain_id != self.chain_id:
            raise InvalidBlock("the stored head belongs to another chain", rule="chain id")
        if tree.compute_root(root) != header.state_root:
            raise InvalidBlock(
                "the stored state is not the one of the stored head", rule="state root"
            )

    def _stand_at(
        self,
        header: Header,
        items: dict[bytes, bytes],
        root: tree.Node,
        recent: Iterable[Executed],
    ) -> None:
        seen = ReplayWindow(self.genesis.parameters.replay_window)
        seen.rebuild(recent, compute_block_id(header))
        self._state = items
        self._frozen.clear()
        self._candidates.clear()
        self._seen = seen
        self._head = self._build_head(header, root)

    # Admission

    def check(self, transaction: Transaction, now: Instant) -> None:
        """Raise `InvalidTransaction` where it could not stand in a block made now on the head."""
        self.build_checks(now).validate(transaction)

    def build_checks(self, now: Instant) -> Checks:
        """Return what checks many like that, while the head stays where it is."""
        head, view = self._head, self.view()
        time = Instant(max(now, head.header.time + 1))
        return Checks(
            self.chain_id,
            (self._seen,),
            view=view,
            parameters=head.parameters,
            time=time,
            quota=Quota(view, head.parameters, time),
        )

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
        """Build a block on `parent` (the head or a candidate); None where there is nothing to do.

        Raises `InvalidBlock` where the parent is not known or not older.
        """
        position = self._get_position(parent)
        if time <= position.header.time:
            raise InvalidBlock("a block is later than its parent", rule="time")
        execution = self._begin(position, time)
        execution.run_scheduled()
        taken, refused = assembly.fill(execution, transactions)
        if not assembly.may_stand(position, execution, time, taken):
            return None
        draft = assembly.draft_header(
            self.chain_id, position, time=time, proposer=proposer, engine=engine
        )
        envelopes = tuple([transaction.envelope for transaction in taken])
        candidate = self._finish(position, execution, draft, envelopes, refused=tuple(refused))
        self._candidates.add(candidate)
        return candidate

    def judge(self, block: Block) -> Candidate:
        """Execute a block and compare every root.

        Raises `InvalidBlock` with the first rule that it breaks.
        """
        header = block.header
        known = self._candidates.get(compute_block_id(header))
        if known is not None and known.block.transactions == block.transactions:
            return known
        position = self._get_position(header.previous)
        assembly.validate_frame(self.chain_id, position, block)
        execution = self._begin(position, header.time)
        opened = self.transactions.open_many(block.transactions)
        execution.run_scheduled()
        transactions = assembly.run_all(execution, opened)
        if not assembly.may_stand(position, execution, header.time, transactions):
            raise InvalidBlock("nothing happens in the block, and none is due", rule="work")
        draft = assembly.draft_header(
            self.chain_id,
            position,
            time=header.time,
            proposer=header.proposer,
            engine=header.engine,
        )
        candidate = self._finish(position, execution, draft, block.transactions)
        assembly.validate_results(candidate, header)
        self._candidates.add(candidate)
        return candidate

    def get_candidate(self, block_id: BlockId) -> Candidate | None:
        """Return an executed candidate."""
        return self._candidates.get(block_id)

    # The head moves

    def commit(self, block_id: BlockId) -> Committed:
        """Make a candidate on the head the new head."""
        candidate = self._candidates.get(block_id)
        assert candidate is not None, "only a candidate is committed"
        position = candidate.position
        assert position.header.previous == self._head.block_id, "only a child of the head"
        writes = position.layers[0]
        self._apply(writes, candidate.undo)
        self._candidates.settle(candidate)
        self.transactions.let_go(candidate.block.transactions)
        self._head = msgspec.structs.replace(position, layers=(), executed=())
        self._seen.add(position.header.time, position.executed[0])
        return Committed(candidate, writes, candidate.undo)

    def undo(self, previous: Header, undo: state.Writes, recent: Iterable[Executed]) -> None:
        """Take the head back to its parent `previous`, with the head's undo record.

        `recent` are the blocks of the parent's replay window, as for `restore`.
        """
        parent = self._head.header.previous
        assert compute_block_id(previous) == parent, "only the parent of the head"
        root = tree.update(self._head.root, undo.items())
        assert tree.compute_root(root) == previous.state_root, "the undo record is not the head's"
        seen = ReplayWindow(self.genesis.parameters.replay_window)
        seen.rebuild(recent, parent)
        self._seen = seen
        self._apply(undo, {key: self._state.get(key) for key in undo})
        self._candidates.clear()
        self._head = self._build_head(previous, root)

    # The chain acts by itself

    def next_due(self) -> Instant | None:
        """Return the block time from which the chain has work of its own, None for never.

        That is when the next scheduled call falls due, or when a heartbeat is.
        """
        clock, header = self._head.clock, self._head.header
        if clock.target is not None:
            return header.time
        times: list[int] = []
        if (key := self._head.queue.first) is not None:
            times.append(max(0, schedule.get_due(key) - clock.offset))
        if self._head.parameters.heartbeat:
            times.append(header.time + self._head.parameters.heartbeat)
        return Instant(min(times)) if times else None

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
        return state.View(self._state)

    def prove(self, key: bytes) -> proof.StateProof:
        """Return the proof of a key's value or absence under the head's state root."""
        return proof.build_proof(self._head.root, key)

    def call_view(self, call: Invocation) -> bytes:
        """Run a contract's read-only method at the head."""
        moment = Moment(
            chain_id=self.chain_id,
            height=self._head.header.height,
            time=self.ledger_time,
            scheduled_gas_max=Gas(0),
            consult=system.consult,
            load_program=self._load_program,
        )
        return self._machine.open(Session(self.view(), moment), Meter(VIEW_GAS)).view(call)

    def freeze(self, header: Header, undone: Iterable[state.Writes] = ()) -> FrozenState:
        """Keep the state after a block readable while the chain goes on, until `thaw`.

        `undone` are the undo records of the blocks above it, newest first; none for the head.
        Raises `InvalidBlock` where they do not lead to that block.
        """
        replaced: state.Writes = {}
        for undo in undone:
            replaced.update(undo)
        root = tree.update(self._head.root, replaced.items())
        if tree.compute_root(root) != header.state_root:
            raise InvalidBlock("the undo records lead to another state", rule="state root")
        frozen = FrozenState(header, root, self._state, replaced)
        self._frozen.append(frozen)
        return frozen

    def thaw(self, frozen: FrozenState) -> None:
        """Let a frozen state go; what it was told so far can still be read."""
        self._frozen = [each for each in self._frozen if each is not frozen]

    # Inside

    def _build_head(self, header: Header, root: tree.Node) -> Position:
        view = self.view()
        return Position(
            block_id=compute_block_id(header),
            header=header,
            layers=(),
            root=root,
            queue=schedule.Queue(key for key in self._state if key[0] == schedule.PREFIX),
            executed=(),
            validators=view.require(ValidatorSet, state.VALIDATORS),
            parameters=view.require(Parameters, state.PARAMETERS),
            clock=view.require(state.Clock, state.CLOCK),
        )

    def _apply(self, writes: state.Writes, before: state.Writes) -> None:
        """Write into the state, under whose keys stood what `before` says."""
        for frozen in self._frozen:
            frozen.keep(before)
        for key, value in writes.items():
            if value is None:
                self._state.pop(key, None)
            else:
                self._state[key] = value

    def _get_position(self, block_id: BlockId) -> Position:
        if block_id == self._head.block_id:
            return self._head
        candidate = self._candidates.get(block_id)
        if candidate is None:
            raise InvalidBlock("the parent is not known here", rule="parent")
        return candidate.position

    def _begin(self, position: Position, time: Instant) -> Execution:
        version = position.parameters.protocol_version
        if version != PROTOCOL_VERSION:
            message = f"the chain's protocol version is {version} now: install a program with it"
            raise ProtocolNotKnown(message, version=version)
        return Execution(
            rules=self._rules,
            view=state.View(self._state, position.layers),
            queue=position.queue,
            height=Height(position.header.height + 1),
            header_time=time,
            parameters=position.parameters,
            clock=position.clock,
            seen=(self._seen, *position.executed),
        )

    def _finish(
        self,
        parent: Position,
        execution: Execution,
        draft: Header,
        envelopes: tuple[bytes, ...],
        *,
        refused: tuple[assembly.Refused, ...] = (),
    ) -> Candidate:
        execution.finish()
        view = execution.view
        validators, parameters, draft = assembly.settle_rules(view, parent, draft)
        writes = view.top
        undo = state.View(self._state, parent.layers).get_all(writes)
        validate_conservation(undo, writes)
        root = tree.update(parent.root, writes.items())
        header = msgspec.structs.replace(
            draft,
            transaction_root=compute_transaction_root(envelopes),
            state_root=tree.compute_root(root),
            receipt_root=compute_root(execution.receipts),
        )
        after = Position(
            block_id=compute_block_id(header),
            header=header,
            layers=(writes, *parent.layers),
            root=root,
            queue=execution.queue,
            executed=(execution.executed, *parent.executed),
            validators=validators,
            parameters=parameters,
            clock=execution.clock,
        )
        block = Block(header=header, transactions=envelopes)
        return Candidate(block, after, undo, tuple(execution.records), refused)

    def _load_program(self, view: state.View, code_hash: Hash) -> None:
        if code_hash not in self._loaded:
            source = view.require(Source, state.key_source(code_hash))
            loaded = self._machine.load(source)
            assert loaded == code_hash, "the machine hashes sources differently than before"
            self._loaded.add(code_hash)
