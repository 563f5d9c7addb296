"""Processor time of processes, with those that they started."""

import subprocess
import sys

import pytest

from dure.cli.bench.machine import read_cpu_seconds

WORKER = "while __import__('time').process_time() < 0.3: pass\nprint(1, flush=True)\ninput()"
PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_the_time_of_a_worker_is_that_of_its_node() -> None:
    command = [sys.executable, "-c", PARENT, WORKER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        spent = read_cpu_seconds([parent.pid])
        parent.communicate(b"\n")
    assert spent is not None
    assert spent >= 0.29


def test_what_is_no_process_has_no_time_that_anybody_knows() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert read_cpu_seconds([gone.pid]) is None
