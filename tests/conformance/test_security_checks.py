"""The checks of `make security` find what they are for, and say so when they could not look."""

import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from dure.identity.keys import generate_key, save_key
from scripts import audit_dependencies
from scripts.audit_dependencies import PROBE, REQUIREMENTS, find_requirement, judge
from scripts.scan_secrets import PRECISE, RANDOM, scan
from tests.conformance.tree import ROOT

WEAK: dict[str, Any] = {
    "dependencies": [
        {
            "name": "sound",
            "version": "1.0",
            "vulns": [],
        },
        {
            "name": "weak",
            "version": "2.0",
            "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}],
        },
        {"name": "unheard", "skip_reason": "not found"},
    ]
}


def test_a_known_weakness_is_told_with_its_mend() -> None:
    verdict = judge(WEAK, frozenset())
    assert verdict.weak == ("weak 2.0: PYSEC-1, mended in 2.1",)
    assert verdict.text.endswith("3 packages, 1 known weaknesses; no answer about 1 of them")


def test_an_accepted_advisory_is_no_failure_by_any_of_its_names() -> None:
    assert judge(WEAK, frozenset({"CVE-1"})).weak == ()


@pytest.mark.parametrize(
    "report", [None, {"dependencies": [{"name": "x", "skip_reason": "nobody knows it"}]}]
)
def test_silence_is_never_told_as_a_clean_bill(report: dict[str, Any] | None) -> None:
    verdict = judge(report, frozenset())
    assert verdict.weak == ()
    assert "NOT DONE" in verdict.text


def test_an_audit_that_takes_too_long_is_an_audit_not_done() -> None:
    late = subprocess.TimeoutExpired("pip-audit", 1)
    with patch("scripts.audit_dependencies.subprocess.run", side_effect=late):
        assert "NOT DONE" in audit_dependencies.audit().text


def test_the_probe_is_one_requirement_with_its_hashes() -> None:
    lines = find_requirement(REQUIREMENTS.read_text("utf-8"), PROBE).splitlines()
    assert lines[0].startswith(f"{PROBE}==")
    assert all("--hash=sha256:" in line for line in lines[1:])
    assert len(lines) > 1


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "data.txt"])
def test_everything_that_is_installed_is_pinned(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text("utf-8").replace("\\\n", " ")
    asked = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert asked
    assert [line for line in asked if "==" not in line or "--hash=sha256:" not in line] == []


def test_an_installation_checks_the_hashes() -> None:
    script = (ROOT / "scripts" / "setup.sh").read_text("utf-8")
    installs = [line for line in script.splitlines() if "pip install" in line]
    assert len(installs) == 3
    *packages, own = installs
    assert all("--require-hashes" in line for line in packages)
    assert "--no-deps" in own


def test_a_key_file_in_clear_is_found_and_a_sealed_one_is_not(tmp_path: Path) -> None:
    clear, sealed = tmp_path / "clear.json", tmp_path / "sealed.json"
    save_key(clear, generate_key())
    save_key(sealed, generate_key(), "four words of no meaning")
    assert {each.kind for each in scan([clear], PRECISE)} == {"Dure key in clear"}
    assert scan([sealed], PRECISE) == set()


def test_keys_and_tokens_of_others_are_found(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    # Put together here, so that the scan does not find this file.
    key = "-----BEGIN " + "PRIVATE KEY-----"
    token = "ghp_" + "a1B2" * 9
    file.write_text(
        f'KEY = "{key}"\nTOKEN = "{token}"\nSEED = "{generate_key().export_seed().hex()}"\n'
    )
    found = {(each.kind, each.line) for each in scan([file], (*PRECISE, *RANDOM))}
    assert {("Private Key", 1), ("GitHub Token", 2), ("Hex High Entropy String", 3)} <= found
