"""The guides do what they say: their files, their tests, their commands, in their order."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.tree import ROOT
from tests.e2e.processes import Outcome, run_dure

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"dure1\w{58}")


def list_blocks(page: str, language: str) -> list[str]:
    """Return a guide's code blocks of a language; commands have none."""
    text = (ROOT / "docs" / "guides" / page).read_text("utf-8")
    return [block for found, block in BLOCK.findall(text) if found == language]


def list_commands(page: str) -> list[list[str]]:
    """Return the words after `dure` of every command of a guide."""
    lines = [line for block in list_blocks(page, "") for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("dure ")]


def run_pytest(folder: Path, place: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", place],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_contract_of_the_guide_is_tested_checked_deployed_and_called(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("g")
    monkeypatch.chdir(folder)
    contract, test = list_blocks("write-a-contract.md", "python")
    Path("pledges.py").write_text(contract)
    Path("test_pledges.py").write_text(test)
    tested = run_pytest(folder, "test_pledges.py")
    assert tested.returncode == 0, tested.stdout + tested.stderr

    check, init, up, deploy, pledge, view, again, down = list_commands("write-a-contract.md")
    assert run_dure(*check).code == 0
    assert run_dure(*init).code == 0
    try:
        assert run_dure(*up, timeout_s=120).code == 0
        found = ADDRESS.search(run_dure(*deploy).said)
        assert found

        def run(words: list[str]) -> Outcome:
            return run_dure(*(found[0] if word == "ADDRESS" else word for word in words))

        assert "Final" in run(pledge).said
        assert run(view).out.strip() == "True"
        refused = run(again)
        assert refused.code == 1
        assert "the lot is pledged already" in refused.said
    finally:
        stopped = run_dure(*down)
    assert "alpha, beta, gamma, delta" in stopped.said


def test_a_contract_is_changed_read_stopped_and_started_as_the_guide_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("c")
    monkeypatch.chdir(folder)
    old, _ = list_blocks("write-a-contract.md", "python")
    (new,) = list_blocks("change-or-stop-a-contract.md", "python")
    Path("pledges.py").write_text(old)
    Path("pledges2.py").write_text(new)
    _, init, up, deploy, pledge, *_, down = list_commands("write-a-contract.md")
    assert run_dure(*init).code == 0
    try:
        assert run_dure(*up, timeout_s=120).code == 0
        found = ADDRESS.search(run_dure(*deploy).said)
        assert found

        def run(words: list[str]) -> Outcome:
            return run_dure(*(found[0] if word == "ADDRESS" else word for word in words))

        assert run(pledge).code == 0
        commands = list_commands("change-or-stop-a-contract.md")
        upgrade, view, last, one_more, read, stop, refused, start = map(run, commands)
        assert "Upgraded" in upgrade.said
        assert view.out.strip() == "True"
        assert (last.code, one_more.code) == (0, 1)
        assert "no more lots" in one_more.said
        assert read.out == old
        assert (stop.code, refused.code, start.code) == (0, 1, 0)
        assert "contract_stopped" in refused.said or "stopped the contract" in refused.said
    finally:
        run_dure(*down)


def test_the_check_of_the_guide_says_what_it_promises(tmp_path: Path) -> None:
    contract, _ = list_blocks("write-a-contract.md", "python")
    file = tmp_path / "pledges.py"
    file.write_text(contract.replace("self.owners.remove(lot)", "del self.owners[lot]"))
    said = run_dure("contract", "check", file)
    assert said.code == 1
    assert "`del` is not part of the language" in said.said
    assert ".remove(key)" in said.said


def test_a_new_application_becomes_green_as_the_guide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src" / "dure" / "apps").mkdir(parents=True)
    (tmp_path / "acme").mkdir()
    listed, new, *_ = list_commands("write-an-application.md")
    assert run_dure(*listed).code == 0
    assert "src/dure/apps/grain_store" in run_dure(*new).said
    assert run_dure(*new, "--folder", "acme").code == 0
    red = run_pytest(tmp_path, "acme/grain_store")
    assert red.returncode == 1, red.stdout + red.stderr

    (lines,) = list_blocks("write-an-application.md", "python")
    file = tmp_path / "acme" / "grain_store" / "contract.py"
    wrong = file.read_text()
    paying = "        self.pay(self.money, self.sender, amount)\n"
    assert wrong.count(paying) == 1
    file.write_text(wrong.replace(paying, lines + paying))
    green = run_pytest(tmp_path, "acme/grain_store")
    assert green.returncode == 0, green.stdout + green.stderr
