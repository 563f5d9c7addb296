"""Sources that are short for what they ask of the checker and the compiler.

A deployment pays by the byte of its source, so no pattern of a source may take far more steps for
each byte than others do. Steps are calls of Python functions, which are the same on every machine.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import pytest

from dure.contract.machine import InProcessMachine
from dure.contract.ports import Refusal
from dure.contract.source import bundle
from tests.unit.contract.program_files import IMPORTS

STEPS_PER_BYTE_MAX = 120
"""Nothing but small calls inside each other takes about a hundred."""


def _chain_of_calls() -> str:
    lines = [f" def a{n}(self)->None:self.a{n + 1}()" for n in range(1_500)]
    return "class Example(Contract):\n" + "\n".join(lines) + "\n def a1500(self)->None:pass\n"


def _chain_of_classes() -> str:
    lines = [
        f"class C{n}(C{n - 1}):\n @init\n def i{n}(self)->None:self.i{n - 1}()\n"
        for n in range(1, 1_000)
    ]
    first = "class C0(Contract):\n @init\n def i0(self)->None:\n  pass\n"
    return first + "".join(lines) + "class Example(C999):pass\n"


def _classes_with_two_bases() -> str:
    lines = [f"class C{n}(C{n - 1},C{n - 2}):pass\n" for n in range(2, 1_400)]
    return "class C0(Contract):pass\nclass C1(C0):pass\n" + "".join(lines)


def _many_heirs() -> str:
    methods = "".join(f" def a{n}(self)->None:pass\n" for n in range(1_000))
    heirs = "".join(f"class C{n}(Example):pass\n" for n in range(1_300))
    return "class Example(Contract):\n" + methods + heirs


def _smallest_of_smallest() -> str:
    value = "x"
    for _ in range(50):
        value = f"min(x,{value})"
    body = f"  x={value}\n" * 66
    return "class Example(Contract):\n @call\n def a(self, y:int)->None:\n  x=y+1\n" + body


def _widths_from_behind() -> str:
    begin = "".join(f"  a{n}=1\n" for n in range(1_900))
    chain = "".join(f"  a{n}=a{n + 1}\n" for n in range(1_899))
    head = "class Example(Contract):\n @call\n def a(self, y:int)->None:\n"
    return head + begin + chain + "  a1899=y*y*y\n"


def _large_record_everywhere() -> str:
    inner = "class R0(Record):\n" + "".join(f" a{n}:list[int]\n" for n in range(60))
    outer = "class R1(Record):\n" + "".join(f" a{n}:R0\n" for n in range(7))
    fields = "".join(f" v{n}:Var[R1]\n" for n in range(1_800))
    return inner + outer + "class Example(Contract):\n" + fields


def _nested_branches() -> str:
    lines = [" " * (n + 2) + "if y > 0:\n" for n in range(50)]
    body = (" " * 52 + "x = y\n") * 600
    return "class Example(Contract):\n @call\n def a(self, y:int)->None:\n" + "".join(lines) + body


@pytest.mark.parametrize(
    "build",
    [
        _chain_of_calls,
        _chain_of_classes,
        _classes_with_two_bases,
        _many_heirs,
        _smallest_of_smallest,
        _widths_from_behind,
        _large_record_everywhere,
        _nested_branches,
    ],
)
def test_steps_grow_with_the_source_only(build: Callable[[], str]) -> None:
    text = IMPORTS + build()
    assert _count_steps(text) <= STEPS_PER_BYTE_MAX * len(text)


def _count_steps(text: str) -> int:
    steps = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(Refusal):
            InProcessMachine().load(bundle(text, "Example"))
    finally:
        sys.setprofile(None)
    return steps
