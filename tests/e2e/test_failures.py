"""Nodes die, come back and are asked to stop: the chain goes on, and all agree afterwards."""

import os
import re
import signal
from pathlib import Path

import httpx
import pytest

from dure.core.errors import TimedOut
from dure.identity.keys import generate_key
from dure.sdk import LocalAccount, ledger_calls
from tests.e2e.processes import Command, Town, find_processes, is_alive, run_dure, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BLOCKS_WITHOUT = 3
"""How many blocks the others make before the dead one is started again."""


def make_block(town: Town, *names: str) -> int:
    """Have something final through these members' nodes; return its height."""
    stranger = LocalAccount(generate_key())
    with town.connect(*names) as client:
        receipt = client.enrol([stranger.address], by=town.get_account(town.names[0]))
    return int(receipt.height)


@pytest.mark.thorough
def test_each_of_the_four_may_die_during_the_demo_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    options = ("--date", "2013-06-13", "--policies", "80", "--seed", "3", "--exit", "--json")
    arguments = ("demo", "flight-delay", *options, "--data", folder, "--port", "0")
    with Command(*arguments, log=tmp_path / "log") as running:
        wait_until(lambda: len(find_processes(folder)) == 4, "four nodes run")
        town = Town(folder)
        try:
            town.wait_height(town.names[0], 5)
            for name in town.names:
                kill_and_restart(town, name)
                assert running.is_running(), "the demo was over too soon to prove anything"
            finished = running.wait(150)
            facts = finished.read_json()
            assert facts["payouts"] == facts["expected_payouts"] > 0
            assert facts["refunds"] == facts["expected_refunds"]
            assert facts["state_roots_equal"]
            assert facts["money_conserved"]
            assert facts["proof_verified"]
            assert town.wait_level() == (facts["height"], facts["state_roots"]["insurer"])
            assert [town.stop(name).code for name in town.names] == [0, 0, 0, 0]
        finally:
            town.close()
    assert not find_processes(folder)


def kill_and_restart(town: Town, name: str) -> None:
    """Kill a node that the demo started; see the others go on and the dead one catch up."""
    pid = int((town.folder / name / "node.pid").read_text())
    others = [other for other in town.names if other != name]
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), f"{name} is dead")
    assert town.get_health(name) == 0
    height = town.get_height(others[0])
    for other in others:
        town.wait_height(other, height + BLOCKS_WITHOUT)
    missed = max(map(town.get_height, others))
    town.start(name)
    town.wait_height(name, missed)


def ask_status(town: Town, name: str) -> str:
    """Return what an operator reads of a member's node."""
    told = run_dure("node", "status", town.folder / name / "node.toml")
    assert told.code == 0, told.said
    return told.out


def test_with_two_dead_the_status_names_them_and_with_three_the_chain_goes_on_by_itself(
    town: Town,
) -> None:
    town.kill("bank")
    town.kill("supervisor")
    account = town.get_account("insurer")
    stranger = LocalAccount(generate_key())
    with town.connect("insurer", "airline") as client:
        before = town.wait_level(("insurer", "airline"))
        signed = client.sign([ledger_calls.enrol([stranger.address])], by=account)
        client.submit(signed)
        with pytest.raises(TimedOut):
            client.wait(signed, timeout_s=3)
        assert town.wait_level(("insurer", "airline")) == before
        told = ask_status(town, "insurer")
        assert "Standing still" in told
        (missing,) = re.findall(r"(\w+), (\w+) are not connected to this node: 2 of 4", told)
        assert set(missing) == {"bank", "supervisor"}
        assert "until one more of them votes; it then does so by itself" in told
        town.start("bank")
        assert client.wait(signed, timeout_s=45).height > before[0]
    told = ask_status(town, "insurer")
    assert "Standing still" not in told
    assert "supervisor is not connected to this node: 3 of 4 validators are here" in told
    town.start("supervisor")
    town.wait_level()


def test_a_power_cut_at_all_four_loses_nothing(town: Town) -> None:
    for _ in range(3):
        make_block(town)
    before = town.wait_level()
    for name in town.names:
        town.kill(name)
    town.start()
    height, _ = after = town.wait_level()
    assert after == before
    assert make_block(town) == height + 1


def test_a_node_asked_to_stop_ends_cleanly_and_its_api_says_goodbye(town: Town) -> None:
    outcome = town.stop("airline")
    assert outcome.code == 0, outcome.said
    assert not (town.folder / "airline" / "node.pid").exists()
    assert town.get_health("airline") == 0
    height = make_block(town, "insurer", "bank", "supervisor")
    town.start("airline")
    town.wait_height("airline", height)
    town.wait_level()


def test_a_second_process_for_the_same_node_is_refused(town: Town) -> None:
    outcome = run_dure("node", "run", town.folder / "bank" / "node.toml")
    assert outcome.code != 0
    assert len(outcome.err.strip().splitlines()) < 6, outcome.err
    assert town.get_health("bank") == httpx.codes.OK
    make_block(town, "bank")


def test_up_down_and_status_see_and_stop_the_same_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "net"
    (tmp_path / "token.py").write_text("raise SystemExit('a contract, and no module of Python')")
    monkeypatch.chdir(tmp_path)
    assert run_dure("network", "init", folder, "--first-api-port", "0").code == 0
    town = Town(folder)
    try:
        raised = run_dure("network", "up", folder, "--detach", timeout_s=90)
        assert raised.code == 0, raised.said
        assert len(find_processes(folder)) == 4
        again = run_dure("network", "up", folder, "--detach")
        assert again.code == 2
        assert f"dure network down {folder}" in again.err
        assert len(find_processes(folder)) == 4
        status = run_dure("network", "status", folder, "--json").read_json()
        assert [member["up"] for member in status["members"]] == [True] * 4
        pid = int((folder / "beta" / "node.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), "beta is dead")
        told = run_dure("network", "status", folder)
        assert "down" in told.out
        assert "say: beta is not connected to this node: 3 of 4 validators are here" in told.out
    finally:
        lowered = run_dure("network", "down", folder)
    assert lowered.code == 0
    assert "beta" not in lowered.out.splitlines()[-1]
    assert "alpha, gamma, delta" in lowered.out
    assert not find_processes(folder)
    assert town.get_height("alpha") == -1
    assert "none was running" in run_dure("network", "down", folder).out


def test_ctrl_c_of_network_up_ends_all_processes(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    assert run_dure("network", "init", folder, "--first-api-port", "0").code == 0
    with Command("network", "up", folder, log=tmp_path / "log") as running:
        running.wait_said("Ctrl-C stops the network")
        assert len(find_processes(folder)) == 4
        running.send(signal.SIGINT)
        assert running.wait().code == 0
    assert not find_processes(folder)
