"""The page's own modules, run in node: the same files that a browser loads, without a browser."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.tree import ROOT

STATIC = ROOT / "src" / "dure" / "console" / "static"
RUNNER = Path(__file__).with_name("runner.mjs")
TIMEOUT_S = 100


@dataclass(frozen=True, slots=True)
class Node:
    """Node and a copy of the modules, beside the note that tells it that they are modules."""

    program: str
    folder: Path
    runner: Path = RUNNER

    def ask(self, job: str, about: object = None) -> Any:
        """Return what a job of the runner answers."""
        done = subprocess.run(
            [self.program, str(self.runner), str(self.folder), job],
            input=json.dumps(about),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def find_missing() -> str:
    """Return what this machine lacks for it; nothing where all is there."""
    if shutil.which("node") is None:
        return "there is no node on the path"
    if not (STATIC / "vendor" / "noble-curves").is_dir():
        return "the signature library was not fetched (make assets)"
    return ""


def open_node(folder: Path, runner: Path = RUNNER) -> Node:
    """Copy the modules into a folder; `runner` has the jobs."""
    shutil.copytree(STATIC, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.css"))
    (folder / "package.json").write_text('{"type":"module"}')
    program = shutil.which("node")
    assert program is not None, "there is no node on the path"
    return Node(program, folder, runner)
