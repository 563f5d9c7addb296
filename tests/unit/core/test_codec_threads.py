"""Types that are met for the first time by several threads at once."""

import subprocess
import sys

CHILD = """
import sys
import threading
from typing import Annotated

import msgspec

from dure.core.codec import Wire, decode, encode

FIELDS = [(f"f{i}", Annotated[int, msgspec.Meta(ge=0, le=2**62 + i)]) for i in range(30)]
DATA = encode(tuple(range(30)))
sys.setswitchinterval(1e-6)


def read(fresh, both):
    both.wait()
    decode(fresh, DATA)


for number in range(300):
    fresh = msgspec.defstruct(f"Fresh{number}", FIELDS, bases=(Wire,), frozen=True)
    both = threading.Barrier(2)
    threads = [threading.Thread(target=read, args=(fresh, both)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_that_meet_a_type_at_once_do_not_end_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
