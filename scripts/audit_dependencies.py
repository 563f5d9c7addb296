"""Known weaknesses in what a node installs: `python -m scripts.audit_dependencies`.

pip-audit asks the package index about every version in `requirements/run.txt`, by hash. Where
nobody answers, as on a machine without a network or behind a mirror that knows no advisories, that
is said plainly and is no failure: nothing was found out, neither good nor bad. A known weakness is
a failure until the version is changed, or until somebody writes down in
`scripts/accepted_advisories.toml` why it does not touch Dure.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
REQUIREMENTS: Final = ROOT / "requirements" / "run.txt"
ACCEPTED: Final = ROOT / "scripts" / "accepted_advisories.toml"
SECONDS_MAX: Final = 120
PROBE: Final = "cryptography"
"""Asked about first: where nobody answers for this one, the others are not asked about."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an audit came to."""

    weak: tuple[str, ...]
    """One line for each known weakness that nobody has accepted."""
    asked: int
    answered: int

    @property
    def text(self) -> str:
        """What a person reads."""
        if not self.answered:
            return (
                "dependency audit: NOT DONE, the package index did not answer about advisories "
                "(no network, or a mirror without them). Nothing is known, good or bad."
            )
        found = f"{len(self.weak)} known weaknesses"
        silent = self.asked - self.answered
        rest = f"; no answer about {silent} of them" if silent else ""
        return f"dependency audit: {self.asked} packages, {found}{rest}"


def judge(report: dict[str, Any] | None, accepted: frozenset[str]) -> Verdict:
    """Return the verdict on what pip-audit reported; None where it reported nothing."""
    packages = [] if report is None else report["dependencies"]
    answered = [each for each in packages if "skip_reason" not in each]
    weak = tuple(
        f"{each['name']} {each['version']}: {one['id']}, mended in "
        f"{', '.join(one['fix_versions']) or 'no version yet'}"
        for each in answered
        for one in each["vulns"]
        if accepted.isdisjoint({one["id"], *one.get("aliases", ())})
    )
    return Verdict(weak, len(packages), len(answered))


def load_accepted() -> frozenset[str]:
    """Return the advisories that do not touch Dure; each entry says why."""
    entries = tomllib.loads(ACCEPTED.read_text("utf-8"))["accepted"]
    assert all(entry["reason"].strip() for entry in entries), "each entry says why"
    return frozenset(entry["id"] for entry in entries)


def find_requirement(text: str, name: str) -> str:
    """Return one package of a list with its hashes."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"{name}=="))
    last = next(n for n in range(first, len(lines)) if not lines[n].endswith("\\"))
    return "\n".join(lines[first : last + 1]) + "\n"


def ask(requirements: Path) -> dict[str, Any] | None:
    """Return pip-audit's report, None where it could not make one in time."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements)]
    command += ["--require-hashes", "--disable-pip", "--format", "json", "--timeout", "10"]
    command += ["--progress-spinner", "off"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
        report: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return report


def audit() -> Verdict:
    """Ask about one package, and about all where somebody answers."""
    accepted = load_accepted()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.txt"
        probe.write_text(find_requirement(REQUIREMENTS.read_text("utf-8"), PROBE))
        first = judge(ask(probe), accepted)
    return judge(ask(REQUIREMENTS), accepted) if first.answered else first


def main() -> int:
    """Audit; return 1 for a known weakness that nobody accepted."""
    verdict = audit()
    for line in verdict.weak:
        print(line)
    print(verdict.text)
    return 1 if verdict.weak else 0


if __name__ == "__main__":
    sys.exit(main())
