"""What must hold after every fault: nothing promised is lost, nothing happened twice, all agree.

Blocks are read from each node as they were voted on, and everything is computed from these bytes:
ids, links, transactions. Votes are read from the journals on the nodes' disks.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import cast

import httpx

from dure.chain.transaction import read_transaction_id
from dure.consensus.pbft.messages import Step
from dure.consensus.pbft.records import Record, get_ballot
from dure.core.block import Block, compute_block_id
from dure.core.codec import Wire, decode
from dure.core.types import BlockId, TransactionId
from dure.node.durable.storage import RocksDisk
from tests.e2e.faults.customers import Till
from tests.e2e.processes import Town

FORBIDDEN = ("equivocation", "peer_barred", "peer_violation", "Divergence", "node_is_mute")
"""No log of an honest network says any of these."""


@dataclass(slots=True)
class Chain:
    """One node's chain, as far as it was read."""

    ids: list[BlockId] = field(default_factory=list)
    transactions: Counter[TransactionId] = field(default_factory=Counter)


class Audit:
    """Reads what is new at each node and compares it with the till."""

    def __init__(self, town: Town, till: Till, supply: int) -> None:
        self._town, self._till, self._supply = town, till, supply
        self._chains: dict[str, Chain] = {name: Chain() for name in town.names}

    def check(self) -> None:
        """Fail where anything promised does not hold at any node."""
        height, _ = self._town.wait_level()
        for name, chain in self._chains.items():
            self._read(name, chain, height)
        chains = list(self._chains.values())
        assert all(chain.ids == chains[0].ids for chain in chains), "the nodes' blocks differ"
        promised = self._till.acknowledged
        assert len(set(promised)) == len(promised) > 0
        for name, chain in self._chains.items():
            lost = [each.hex() for each in promised if not chain.transactions[each]]
            assert not lost, f"{name} lost {lost}"
            doubled = [each.hex() for each, times in chain.transactions.items() if times > 1]
            assert not doubled, f"{name} has {doubled} more than once"
            assert not chain.transactions.keys() - set(self._till.signed), "nobody signed that"
            self._check_money(name, len(chain.transactions))
        self._check_logs()

    def forget(self, name: str) -> None:
        """Read everything of a node again at the next check: it may have changed its past."""
        self._chains[name] = Chain()

    def count_votes(self) -> int:
        """Return how many votes stand in the journals of the stopped nodes.

        Fail where a node contradicts itself.
        """
        return sum(map(self._count_votes, self._town.names))

    def _read(self, name: str, chain: Chain, height: int) -> None:
        url = f"{self._town.get_url(name)}/v1/blocks"
        with httpx.Client(timeout=10) as client:
            for number in range(len(chain.ids), height + 1):
                answer = client.get(f"{url}/{number}/bytes")
                assert answer.status_code == httpx.codes.OK, f"{name} {number}: {answer.text}"
                block = decode(Block, answer.content)
                assert block.header.height == number
                if chain.ids:
                    assert block.header.previous == chain.ids[-1], f"{name}: {number} hangs loose"
                chain.ids.append(compute_block_id(block.header))
                chain.transactions.update(map(read_transaction_id, block.transactions))

    def _check_money(self, name: str, transfers: int) -> None:
        with self._town.connect(name) as client:
            (asset,) = client.list_assets()
            assert int(asset.supply) == self._supply
            taken = client.read_balance(self._till.asset, self._till.account.address)
            assert taken == transfers, f"{name}: {transfers} transfers of one, {taken} arrived"

    def _check_logs(self) -> None:
        for name in self._town.names:
            for log in (self._town.folder / name).glob("run-*.log"):
                lines = log.read_text(errors="replace").splitlines()
                said = [line for line in lines if any(word in line for word in FORBIDDEN)]
                assert not said, f"{log}: {said[:5]}"

    def _count_votes(self, name: str) -> int:
        votes: defaultdict[tuple[int, int, Step], set[BlockId | None]] = defaultdict(set)
        disk = RocksDisk(self._town.folder / name / "data", self._town.get_validator(name))
        try:
            for data in disk.load_whole_journal():
                ballot = get_ballot(cast("Record", decode(cast("type[Wire]", Record), data)))
                votes[ballot.height, ballot.round, ballot.step].add(ballot.block_id)
        finally:
            disk.close()
        contradictions = {place for place, said in votes.items() if len(said) > 1}
        assert not contradictions, f"{name} voted twice: {contradictions}"
        return len(votes)
