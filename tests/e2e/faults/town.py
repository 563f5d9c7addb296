"""A town with money: four nodes, four customers, and a till that all pay into."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dure.chain.genesis.document import Allocation, Asset
from dure.chain.transaction import compute_asset_id
from dure.cli.network.founding import Plan, found_network
from dure.consensus.pbft.timing import compute_proposer
from dure.core.types import Address, Amount, Height, Round
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import generate_key
from dure.sdk import LocalAccount
from tests.e2e.faults.audit import Audit
from tests.e2e.faults.customers import Till, paying
from tests.e2e.processes import Town, wait_until

MEMBERS = ("insurer", "airline", "bank", "supervisor")
OPENING_BALANCE = 1_000_000

_ISSUER = Address(bytes(31) + b"\1")
_CODE = "KRW"


@dataclass(slots=True)
class PayingTown:
    """A running town, its customers and what must hold of them."""

    town: Town
    customers: list[LocalAccount]
    till: Till
    audit: Audit

    @contextmanager
    def open_for_business(self) -> Iterator[None]:
        """Have customers pay while the block runs; afterwards every promise must be kept."""
        with paying(self.town, self.customers, self.till):
            yield
        self.audit.check()

    def list_others(self, name: str) -> list[str]:
        """Return all members but one."""
        return [other for other in self.town.names if other != name]

    def find_proposer(self, height: int) -> str:
        """Return whose turn a height is in its first round."""
        members = [Validator(self.town.get_validator(name), name) for name in self.town.names]
        validators = build_validator_set(members)
        proposer = compute_proposer(validators, Height(height), Round(0))
        return next(name for name in self.town.names if self.town.get_validator(name) == proposer)

    def wait_progress(self, *names: str, blocks: int = 3, timeout_s: float = 60) -> None:
        """Return when each of these nodes is some blocks higher than any of them is now."""
        height = max(map(self.town.get_height, names)) + blocks
        self._wait_height(names, height, timeout_s)

    def wait_back(self, name: str) -> None:
        """Return when a node has all that the others have now."""
        height = max(map(self.town.get_height, self.list_others(name)))
        self._wait_height([name], height, 60)

    def _wait_height(self, names: Iterable[str], height: int, timeout_s: float) -> None:
        def is_there() -> bool:
            for name, node in self.town.nodes.items():
                assert node.is_running(), f"{name} has ended:\n{node.said[-5000:]}"
            return all(self.town.get_height(name) >= height for name in names)

        what = f"{', '.join(names)} at height {height}"
        wait_until(is_there, what, timeout_s=timeout_s, or_say=self.tell)

    def tell(self) -> str:
        """Return where each node stands and what it said last."""
        stands = [f"{name}: {self.town.get_status(name)}" for name in self.town.nodes]
        return "\n".join([*stands, self.town.tell_logs()])


def found_paying_town(folder: Path) -> PayingTown:
    """Found a network whose nodes do not run yet."""
    customers = [LocalAccount(generate_key()) for _ in MEMBERS]
    keeper = LocalAccount(generate_key())
    allocations = [
        Allocation(account.address, name, (Amount(balance),))
        for account, name, balance in zip(
            [*customers, keeper],
            [*MEMBERS, MEMBERS[0]],
            [OPENING_BALANCE] * len(customers) + [0],
            strict=True,
        )
    ]
    plan = Plan(
        name="faults",
        members=MEMBERS,
        assets=(Asset(code=_CODE, decimals=0, issuer=_ISSUER),),
        allocations=tuple(allocations),
        first_api_port=0,
    )
    found_network(folder, plan)
    town = Town(folder)
    till = Till(compute_asset_id(_ISSUER, _CODE), keeper)
    audit = Audit(town, till, supply=OPENING_BALANCE * len(customers))
    return PayingTown(town, customers, till, audit)
