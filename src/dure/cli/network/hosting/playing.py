"""Something for a test network to decide: one small transaction, handed in and not waited for."""

from pathlib import Path

from dure.cli.access import load_account
from dure.cli.network.founding import load_network
from dure.cli.network.hosting.life import require_test
from dure.cli.network.processes import find_pid
from dure.core.errors import Unavailable
from dure.core.types import ChainId
from dure.identity.keys import generate_key
from dure.sdk import Client, LocalAccount, ledger_calls


def send_something(folder: Path) -> None:
    """Have the first running node take a stranger's account under its organisation's quota.

    Raise `ConfigurationError` for a network that is no test chain, `Unavailable` where no node of
    it runs.
    """
    network = load_network(folder)
    require_test(network)
    running = [each for each in network.members if find_pid(folder, each) is not None]
    if not running:
        raise Unavailable(f"no node of {network.name} runs")
    stranger = LocalAccount(generate_key())
    by = load_account(folder, running[0].name)
    chain_id = ChainId(bytes.fromhex(network.chain_id))
    with Client([member.url for member in running], chain_id=chain_id) as client:
        client.submit(client.sign([ledger_calls.enrol([stranger.address])], by=by))
