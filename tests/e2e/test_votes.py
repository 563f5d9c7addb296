"""Four organisations vote: a fifth joins, a validator's key is rotated, one is expelled.

The story is the guide's, told with its commands by real nodes; afterwards everything is in the
history.
"""

from pathlib import Path

import pytest

from dure.cli.network.founding import load_network
from tests.e2e.pages import Reader
from tests.e2e.processes import run_dure, run_here

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

NETWORK = "my-network"


def test_members_join_leave_and_change_keys_as_the_guide_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("v"))
    reader = Reader({})
    try:
        reader.follow("guides/decide-by-votes.md")
        check_history(reader)
    finally:
        if Path(NETWORK).exists():
            run_dure("network", "down", NETWORK)


def check_history(reader: Reader) -> None:
    assert reader.codes == [("dure governance vote my-network 4 --as airline", 1)], reader.said
    proposals = run_here("governance", "list", NETWORK, "--json").read_json()["proposals"]
    acts = [(each["proposal"], each["action"], each["state"]) for each in reversed(proposals)]
    assert acts == [
        (1, "admit_organisation", "CARRIED_OUT"),
        (2, "set_validators", "CARRIED_OUT"),
        (3, "set_validators", "CARRIED_OUT"),
        (4, "expel_organisation", "CARRIED_OUT"),
    ]
    last = run_here("governance", "show", NETWORK, "4", "--json").read_json()
    assert last["arguments"] == {"name": "airline"}
    assert last["summary"] == "it did not pay its claims"
    assert [vote["organisation"] for vote in last["votes"]] == ["bank", "supervisor", "echo"]
    approvers = run_here("governance", "approvers", NETWORK, "--json").read_json()["approvers"]
    assert sorted(approvers) == ["bank", "echo", "insurer", "supervisor"]
    check_validators()


def check_validators() -> None:
    """Each change of the set stands in the chain's history."""
    keys = {each.validator_key: each.name for each in load_network(Path(NETWORK)).members}
    shown = run_here("network", "validators", "show", NETWORK, "--json").read_json()
    sets = [sorted(keys[member["key"]] for member in each["members"]) for each in shown["history"]]
    founders = ["airline", "bank", "insurer", "supervisor"]
    four = ["bank-2", "echo", "insurer", "supervisor"]
    story = [founders, sorted([*founders, "echo"]), sorted([*four, "airline"]), four]
    assert sets in (story, story[::-1])
    assert shown["pending"] is None
