"""Runs the benches one after the other and keeps what they measured, for the benchmarks page.

Each is the command that a person types, in a process of its own, politely in the background. Its
JSON goes into a file that says which command, on which day. A bench that breaks a promise (lost
something, or nodes that differ) ends with its own exit code: then the old figures stay, and this
program fails when all have run.

Usage: python -m scripts.run_benches [--quick] [--to FOLDER] [NAME …]

Without a name all run but the soak, which takes half an hour by itself.
With --quick every bench takes seconds and the files go into a folder that is thrown away: it shows
that all of them run, not how fast anything is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts import bench_report

NICENESS = 5
FAILED = Path("build/failed-benches")


@dataclass(frozen=True)
class Bench:
    """One command: which, how it is run for the page, and how to see quickly that it runs."""

    name: str
    """Of the file; of several of one command, the command's own first."""
    words: str
    """What follows `dure bench`."""
    quick: str
    flame: bool = False
    """Whether a flame graph is drawn beside the figures."""
    is_long: bool = False
    """Whether it runs only when it is named."""


SMALL = "--validators 1 --seconds 1 --accounts 50"

BENCHES = (
    Bench("transfer", "transfer --seconds 10 --runs 3", f"transfer {SMALL} --in-flight 50"),
    Bench("transfer-rate", "transfer --rate 5000 --seconds 30", f"transfer {SMALL} --rate 50"),
    Bench("latency", "latency --rate 500 --seconds 10 --runs 3", f"latency {SMALL} --rate 40"),
    Bench(
        "payments",
        "payments --payments-per-transaction 100 --seconds 10 --accounts-beside 1000000",
        f"payments {SMALL} --payments-per-transaction 100 --in-flight 4 --accounts-beside 60",
    ),
    Bench("contract", "contract --seconds 10 --runs 3", "contract --seconds 1 --runs 1"),
    Bench("state", "state", "state --keys 1000"),
    Bench(
        "storage",
        "storage --accounts 10000 --accounts 1000000",
        "storage --transactions 2000 --accounts 100",
    ),
    Bench("catchup", "catchup --seconds 60", "catchup --seconds 1 --accounts 50"),
    Bench("failover", "failover --kills 10", "failover --kills 1"),
    Bench(
        "api",
        "api --seconds 10 --subscribers 500",
        "api --validators 2 --seconds 1 --subscribers 10",
    ),
    Bench(
        "console",
        "console --seconds 20 --viewers 500 --paints 10",
        "console --validators 1 --seconds 1 --viewers 10 --paints 0",
    ),
    Bench(
        "scale",
        "scale --seconds 10",
        "scale --validators 1 --validators 2 --seconds 1 --accounts 50 --in-flight 20",
    ),
    Bench(
        "apps",
        "apps --seconds 5",
        "apps --app flight-delay --validators 1 --seconds 1 --in-flight 20",
    ),
    Bench(
        "overload",
        "overload --seconds 60",
        "overload --validators 1 --seconds 1 --rate 50 --accounts 50",
    ),
    Bench(
        "soak",
        "soak --minutes 30",
        "soak --validators 1 --minutes 1 --rate 20 --accounts 50",
        is_long=True,
    ),
    Bench(
        "profile-transfer",
        "transfer --seconds 20",
        f"transfer {SMALL} --in-flight 50",
        flame=True,
    ),
    Bench(
        "profile-latency",
        "latency --rate 500 --seconds 20",
        f"latency {SMALL} --rate 40",
        flame=True,
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; return 1 where a bench failed."""
    parser = argparse.ArgumentParser(prog="run_benches", description="Measure, for the page.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; most without a name")
    parser.add_argument("--quick", action="store_true", help="seconds each, files thrown away")
    parser.add_argument("--to", type=Path, help="folder of the files")
    options = parser.parse_args(arguments)
    known = {bench.name: bench for bench in BENCHES}
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in options.names]
    chosen = chosen or [bench for bench in BENCHES if not bench.is_long]
    with tempfile.TemporaryDirectory(prefix="dure-benches-") as scratch:
        folder = options.to or (Path(scratch) if options.quick else bench_report.FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        failed = [bench.name for bench in chosen if not measure(bench, folder, options.quick)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def measure(bench: Bench, folder: Path, quick: bool) -> bool:  # noqa: FBT001 - one of two lengths
    """Run one bench and keep its figures; say whether it kept its promises."""
    words = (bench.quick if quick else bench.words).split()
    shown = f"dure bench {' '.join(words)}"
    print(f"{datetime.now(UTC):%H:%M:%S}  {shown}", file=sys.stderr, flush=True)
    flame = ["--profile", str(folder / f"{bench.name}.svg")] if bench.flame else []
    begun = time.monotonic()
    command = [sys.executable, "-m", "dure", "bench", *words, *flame, "--json"]
    # The bench's own lines of progress and errors go where ours go.
    run = subprocess.run(
        command, stdout=subprocess.PIPE, check=False, preexec_fn=lambda: os.nice(NICENESS)
    )
    print(f"          {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    if run.returncode != 0:
        print(f"          exit code {run.returncode}", file=sys.stderr, flush=True)
        keep_failed(bench.name, run.stdout)
        return False
    command_shown = f"{shown} --profile {bench.name}.svg" if bench.flame else shown
    keep(folder / f"{bench.name}.json", command_shown, json.loads(run.stdout))
    return True


def keep_failed(name: str, printed: bytes) -> None:
    """Write what a failed bench measured, out of the way: some of it is why it failed."""
    if printed.strip():
        FAILED.mkdir(parents=True, exist_ok=True)
        (FAILED / f"{name}.json").write_bytes(printed)
        print(f"          what it measured is in {FAILED / name}.json", file=sys.stderr, flush=True)


def keep(file: Path, command: str, figures: dict[str, Any]) -> None:
    """Write what a bench said, with the command and the day."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    result = {"command": command, "day": day, "figures": figures}
    file.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
