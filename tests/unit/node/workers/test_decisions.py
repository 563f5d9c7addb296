"""What the members decide is the same with a worker process: contracts deployed and upgraded."""

from dure.chain import system
from dure.core.codec import decode, encode
from dure.core.types import Address
from dure.node.workers.machine import WorkerMachine
from tests.unit.chain.ledger import ALICE
from tests.unit.chain.voting import Voting, admit, counter, ok


def play(voting: Voting) -> tuple[bytes, bytes]:
    """Decide this and that; return the roots of state and receipts at the end."""
    ok(voting.decide("admit_organisation", admit("echo")))
    deploy = system.DeployArguments(counter(1), ALICE, encode((7,)), ())
    ok(voting.decide("deploy", deploy))
    contract = Address(decode(bytes, voting.read(2).result))
    refused = system.DeployArguments(counter(2), ALICE, encode(("seven",)), ())
    assert voting.decide("deploy", refused).receipt.status == "bad_arguments"
    upgrade = system.UpgradeArguments(contract, counter(5), encode(()))
    ok(voting.decide("upgrade", upgrade))
    header = voting.ledger.executor.head.header
    return header.state_root, header.receipt_root


def test_a_worker_comes_to_the_same_state_and_receipts() -> None:
    worker = WorkerMachine()
    try:
        assert play(Voting(machine=worker)) == play(Voting())
    finally:
        worker.close()
