"""Holds contracts against the known answers on every Python from 3.11 on that this machine has.

For each Python an environment under .cache/pythons, with the few packages that executing blocks
needs, of the versions and hashes in requirements/dev.txt and from wheels only. Two checks run in
each: the answers in tests/vectors/contracts.json, and whole chains executed again, which this
Python played and whose every root must be found.

Usage: python -m scripts.check_pythons [PYTHON …]
"""

import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".cache" / "pythons"
OLDEST = (3, 11)
NEWEST_LOOKED_FOR = 20
NEEDED = {
    *("cffi", "cryptography", "msgspec", "py-ed25519-zebra-bindings", "pycparser", "rfc8785"),
    "typing-extensions",
}
VERSION = "import platform; print(platform.python_version())"


def find_pythons() -> dict[str, str]:
    """Return the interpreters on the path and under pyenv, by version."""
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST_LOOKED_FOR)]
    paths = [path for name in names if (path := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    paths += sorted(map(str, pyenv.glob("versions/*/bin/python")))
    return {
        version: path
        for path in [*sys.argv[1:], *paths]
        if (version := read_version(path)) and parse(version) >= OLDEST
    }


def read_version(python: str) -> str:
    """Return the version of an interpreter, or nothing where it does not run."""
    told = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False)
    return told.stdout.strip() if told.returncode == 0 else ""


def parse(version: str) -> tuple[int, int]:
    """Return major and minor."""
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def build_environment(version: str, python: str) -> Path | None:
    """Return the Python of an environment with what is needed; None where a wheel is missing."""
    folder = FOLDER / version
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
    wanted = FOLDER / "needed.txt"
    wanted.write_text(select_requirements(), "utf-8")
    install = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(wanted)]
    done = subprocess.run([*install, *options], check=False)
    return inside if done.returncode == 0 else None


def select_requirements() -> str:
    """Return the entries of requirements/dev.txt that executing blocks needs."""
    text = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    entries = re.findall(r"^\S+==.*?(?:\\\n.*?)*$", text, flags=re.MULTILINE)
    return "\n".join(entry for entry in entries if entry.split("==")[0] in NEEDED) + "\n"


def run(python: Path | str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a module of this tree."""
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    return subprocess.run(
        [python, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def play_chains() -> Path:
    """Return a file with the chains of every application's stories."""
    # Only this Python needs all that applications and their stories import.
    from tests.unit.contract.typed_programs import generate  # noqa: PLC0415
    from tests.unit.contract.workloads import play_programs, play_stories  # noqa: PLC0415

    file = FOLDER / "chains.pickle"
    file.write_bytes(pickle.dumps([*play_stories(), play_programs(generate(40))]))
    return file


def main() -> int:
    """Check every Python; return the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    chains = play_chains()
    expected = run(sys.executable, "tests.unit.contract.execution_child", chains, "").stdout
    failed = 0
    for version, python in find_pythons().items():
        inside = build_environment(version, python)
        if inside is None:
            print(f"Python {version}: a wheel does not install; not checked")
            failed += 1
            continue
        answers = run(inside, "scripts.make_contract_vectors", "--check")
        print(answers.stdout.strip() or answers.stderr[-2000:])
        executed = run(inside, "tests.unit.contract.execution_child", chains, "")
        same = bool(expected) and executed.stdout == expected
        print(f"Python {version}: chains {'agree in every root' if same else 'DIFFER'}")
        print(executed.stderr[-2000:])
        failed += answers.returncode != 0 or not same
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
