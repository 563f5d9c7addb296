"""Processes that look like nodes of a network and do nothing, for what only looks at processes."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dure.cli.network.founding import Network
from dure.cli.network.processes import find_pid

SLEEP = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); time.sleep(60)"


@contextmanager
def pretend_running(folder: Path, network: Network, *names: str) -> Iterator[None]:
    """Have a process for each of these members' nodes, as `dure node run` would be found."""
    processes = []
    try:
        for member in network.members:
            if member.name in names:
                home = folder / member.name
                command = [sys.executable, "-c", SLEEP, "run", str(home / "node.toml")]
                process = subprocess.Popen(command)
                (home / "node.pid").write_text(f"{process.pid}\n")
                processes.append(process)
                # The system tells a new process's arguments a moment later.
                while find_pid(folder, member) is None:
                    assert process.poll() is None, "it sleeps"
                    time.sleep(0.01)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
