"""Fuzzes the contract checker and machine for some minutes, one seed after the other.

Each round runs the generated and the damaged programs of tests/unit/contract with a seed of its
own, which is printed; the first round that fails ends it, and its seed shows the failure again.

Usage: python -m scripts.fuzz_contracts MINUTES [FIRST SEED]
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = (
    "tests/unit/contract/test_mutations.py",
    "tests/unit/contract/test_generated_programs.py",
    "tests/unit/contract/test_generated_contracts.py",
)
EXAMPLES = "400"


def main() -> int:
    """Run rounds until the time is over; return the exit code."""
    minutes = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *TESTS]
        done = subprocess.run(
            [*command, f"--hypothesis-seed={seed}", "--timeout=900"],
            cwd=ROOT,
            env={**os.environ, "DURE_FUZZ_EXAMPLES": EXAMPLES},
            capture_output=True,
            text=True,
            check=False,
        )
        print(f"seed {seed}: {'failed' if done.returncode else 'nothing found'}", flush=True)
        if done.returncode:
            print(done.stdout[-8000:], done.stderr[-2000:])
            return 1
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
