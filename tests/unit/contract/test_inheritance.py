"""Contracts that inherit: what they have, how they begin, and what callers see of it."""

import pytest

from dure.contract.bundle import LibraryModule, Source
from dure.contract.checker import check
from dure.contract.interface import build_interface
from dure.contract.ports import Refusal
from dure.contract.source import bundle
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import IMPORTS

CLASSES = (
    IMPORTS
    + """
class Changed(Event):
    total: int

class Counting(Contract):
    "Counts."
    total: Var[int]

    @init
    def begin_counting(self, first: int) -> None:
        self.total = first

    @call
    def count(self) -> int:
        self.raise_total(1)
        return self.total

    def raise_total(self, number: int) -> None:
        self.total += number
        self.emit(Changed(self.total))

class Doubling(Counting):
    @call
    def double(self) -> int:
        self.raise_total(self.total)
        return self.total

class Halving(Counting):
    halves: Var[int]

    @call
    def halve(self) -> int:
        self.halves += 1
        self.raise_total(-(self.total // 2))
        return self.total
"""
)
DIAMOND = (
    CLASSES
    + """
class Example(Doubling, Halving):
    name: Var[str]

    @init
    def begin(self, first: int, name: str) -> None:
        self.name = name
        self.begin_counting(first * 10)
        require(self.total > 0, "begun")

    @view
    def state(self) -> str:
        number = self.total + 1000 * self.halves
        return str(number) + self.name
"""
)


def test_a_diamond_has_everything_once() -> None:
    bench = Bench(DIAMOND)
    bench.call("init", 3, "x")
    assert bench.call("count") == 31
    assert bench.call("double") == 62
    assert bench.call("halve") == 31
    assert bench.call("state") == "1031x"


def test_the_interface_lists_what_is_inherited_and_one_initialiser() -> None:
    interface = build_interface(bundle(DIAMOND, "Example"))
    assert list(interface.methods) == ["count", "double", "halve", "begin", "state"]
    assert interface.initialiser is interface.methods["begin"]
    assert interface.state == {"total": "int", "halves": "int", "name": "str"}
    assert list(interface.events) == ["Changed"]


def test_an_initialiser_of_a_base_cannot_be_called() -> None:
    bench = Bench(DIAMOND)
    bench.call("init", 3, "x")
    with pytest.raises(Refusal) as refused:
        bench.call("begin_counting", 5)
    assert refused.value.code == "unknown_method"


def test_without_an_own_initialiser_that_of_the_base_runs() -> None:
    bench = Bench(CLASSES + "\nclass Example(Doubling, Halving):\n    pass\n")
    bench.call("init", 3)
    assert bench.call("double") == 6


def test_an_initialiser_may_reach_a_base_through_another() -> None:
    source = (
        CLASSES
        + """
class Third(Doubling):
    @init
    def begin_third(self) -> None:
        self.begin_counting(5)

class Example(Third, Halving):
    @init
    def begin(self) -> None:
        self.begin_third()
"""
    )
    bench = Bench(source)
    bench.call("init")
    assert bench.call("count") == 6


def test_of_two_bases_the_one_that_begins_both_is_enough() -> None:
    source = (
        CLASSES
        + """
class Third(Doubling):
    @init
    def begin_third(self) -> None:
        self.begin_counting(5)

class Example(Third, Halving):
    pass
"""
    )
    bench = Bench(source)
    bench.call("init")
    assert bench.call("count") == 6


def test_many_calls_of_many_bases_are_counted_without_repeating_them() -> None:
    base = "class C0(Contract):\n    @init\n    def b0(self) -> None:\n        pass\n"
    deep = "".join(
        f"class C{i}(C{i - 1}):\n    @init\n    def b{i}(self) -> None:\n"
        + f"        self.b{i - 1}()\n" * 40
        for i in range(1, 12)
    )
    problems = check(bundle(IMPORTS + base + deep, "C11"))
    assert {problem.rule for problem in problems} == {"init-not-called"}


MODULE = (
    IMPORTS
    + """
class Kept(Record):
    number: int
    shade: Tint

class Tint(Choice):
    RED = "red"

class Unused(Record):
    number: int

class Stored(Event):
    kept: Kept

class Keeping(Contract):
    kept: Var[Kept]

    @call
    def keep(self, number: int) -> Kept:
        self.kept = Kept(number, Tint.RED)
        self.emit(Stored(self.kept))
        return self.kept
"""
)


def with_library(text: str, **modules: str) -> Source:
    """Return a source with library modules of the given texts."""
    library = tuple(LibraryModule(name, modules[name]) for name in sorted(modules))
    return Source("Example", IMPORTS + text, library)


def test_values_of_types_without_a_name_here_can_be_used() -> None:
    source = with_library(
        """
from dure.contract.library.keeping import Keeping

class Example(Keeping):
    @call
    def doubled(self) -> int:
        return self.kept.replace(number=self.kept.number * 2).number
""",
        keeping=MODULE,
    )
    bench = Bench(source)
    assert bench.call("keep", 7) == {"number": 7, "shade": "RED"}
    assert bench.call("doubled") == 14
    assert bench.ledger.events[0][1] == "Stored"


def test_what_a_file_does_not_import_has_no_meaning_in_it() -> None:
    source = with_library(
        """
from dure.contract.library.keeping import Keeping

class Example(Keeping):
    @view
    def fresh(self) -> int:
        return Kept(1, Tint.RED).number
""",
        keeping=MODULE,
    )
    assert {problem.rule for problem in check(source)} == {"unknown-name"}


def test_the_interface_lists_what_the_files_of_its_classes_and_their_types_name() -> None:
    source = with_library(
        """
from dure.contract.library.records import Holding

class Example(Contract):
    held: Var[Holding]
""",
        records=(
            IMPORTS
            + "from dure.contract.library.shades import Tone\n"
            + "class Holding(Record):\n    tone: Tone\n"
            + "class Other(Record):\n    number: int\n"
        ),
        shades=IMPORTS + 'class Tone(Choice):\n    LOW = "low"\nclass Far(Event):\n    a: int\n',
    )
    interface = build_interface(source)
    assert (list(interface.records), list(interface.choices)) == (["Holding"], ["Tone"])
    assert not interface.events
