"""What comes along with a contract: exactly what is needed, checked like the contract itself."""

import itertools

import pytest

from dure.contract.bundle import LibraryModule, Source
from dure.contract.checker import check
from dure.contract.limits import LIBRARY_MODULES_MAX
from dure.contract.machine import InProcessMachine
from dure.contract.ports import Refusal
from dure.contract.problems import Problem
from dure.contract.source import bundle, check_text, find_contracts, read_library
from tests.unit.contract.fake_ledger import Bench
from tests.unit.contract.program_files import IMPORTS

OWN = (
    IMPORTS
    + "from dure.contract.library.first import FIRST\n\n\nclass Example(Contract):\n    pass\n"
)
FIRST = "FIRST = 1\n"


def source(*library: tuple[str, str], text: str = OWN) -> Source:
    """Return a source with the given modules, in the given order."""
    return Source("Example", text, tuple(LibraryModule(*each) for each in library))


def found(whole: Source) -> set[tuple[str, int, str]]:
    """Return (module, line, rule) of every problem."""
    return {(each.module, each.line, each.rule) for each in check(whole)}


def test_exactly_the_needed_modules_are_accepted() -> None:
    assert check(source(("first", FIRST))) == []


def test_a_missing_module_is_refused_where_it_is_imported() -> None:
    assert found(source()) == {("", 2, "missing-module")}


def test_a_module_missing_to_another_is_refused_there() -> None:
    text = "from dure.contract.library.second import SECOND\nFIRST = SECOND\n"
    assert found(source(("first", text))) == {("first", 1, "missing-module")}


def test_a_module_that_nothing_imports_is_refused() -> None:
    whole = source(("first", FIRST), ("second", "SECOND = 2\n"))
    assert found(whole) == {("second", 1, "unneeded-module")}


def test_imports_in_a_circle_are_refused() -> None:
    first = "from dure.contract.library.second import SECOND\nFIRST = 1\n"
    second = "from dure.contract.library.first import FIRST\nSECOND = 2\n"
    assert found(source(("first", first), ("second", second))) == {("second", 1, "module-cycle")}


def test_a_module_that_imports_itself_is_refused() -> None:
    text = "from dure.contract.library.first import FIRST\nFIRST = 1\n"
    assert ("first", 1, "module-cycle") in found(source(("first", text)))


@pytest.mark.parametrize(
    "names",
    [
        ("second", "first"),
        ("first", "first"),
        ("first", ""),
        ("first", "../machine"),
        ("First",),
        ("first", "dure.contract.machine"),
        tuple(f"m{i:02}" for i in range(LIBRARY_MODULES_MAX + 1)),
    ],
)
def test_a_list_of_modules_that_is_not_plain_is_refused(names: tuple[str, ...]) -> None:
    whole = source(*((name, FIRST) for name in names))
    assert found(whole) == {("", 1, "module-list")}


def test_sixteen_modules_in_a_row_are_accepted() -> None:
    names = ["first", *(f"m{i:02}" for i in range(LIBRARY_MODULES_MAX - 1))]
    modules = [
        (name, f"from dure.contract.library.{after} import X{i + 1}\n{label} = X{i + 1}\n")
        for i, (name, after) in enumerate(itertools.pairwise(names))
        for label in ["FIRST" if i == 0 else f"X{i}"]
    ]
    last = (names[-1], f"X{len(names) - 1} = 1\n")
    assert check(source(*modules, last)) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("FIRST = 1\nimport os\n", "import"),
        ("FIRST = 1\nfrom os import system\n", "import"),
        ("FIRST = 1\nfor i in range(3):\n    pass\n", "module-code"),
        ("FIRST = 1\nclass A:\n    pass\n", "class-base"),
        ("FIRST = (\n", "syntax"),
        ("FIRST = 1 # " + "x" * 65536, "too-long"),
        ("FIRST = 1\nSECOND = FIRST.__class__\n", "underscore-name"),
    ],
)
def test_a_module_replaced_by_hostile_text_is_refused_under_its_name(text: str, rule: str) -> None:
    problems = check(source(("first", text)))
    assert [(each.module, each.rule) for each in problems if each.module] == [("first", rule)]


def test_the_receipt_of_a_refused_module_says_the_same_on_every_python() -> None:
    with pytest.raises(Refusal) as refused:
        InProcessMachine().load(source(("first", "FIRST = 1\nSECOND = []\n")))
    assert refused.value.code == "unsafe_code"
    assert "first" not in refused.value.message


def test_a_name_has_one_meaning_in_all_files() -> None:
    own = OWN.replace("class Example", "SECOND = 1\n\n\nclass Example")
    first = "from dure.contract.library.second import OTHER\nFIRST = OTHER\n"
    whole = source(("first", first), ("second", "SECOND = 2\nOTHER = 3\n"), text=own)
    assert {(each.module, each.rule) for each in check(whole)} == {("", "duplicate-name")}


def test_two_modules_do_not_declare_the_same_name() -> None:
    first = "from dure.contract.library.second import OTHER\nFIRST = OTHER\nTHIRD = 1\n"
    whole = source(("first", first), ("second", "OTHER = 3\nTHIRD = 2\n"))
    assert {each.rule for each in check(whole)} == {"duplicate-name"}


def test_what_a_module_imports_is_not_handed_on() -> None:
    first = "from dure.contract.library.second import OTHER\nFIRST = OTHER\n"
    own = OWN.replace("import FIRST", "import FIRST, OTHER")
    assert found(source(("first", first), ("second", "OTHER = 3\n"), text=own)) == {
        ("", 2, "import")
    }


def test_every_kind_of_name_can_be_imported() -> None:
    library = IMPORTS + (
        "LIMIT = 3\n"
        "class Pair(Record):\n    left: int\n"
        'class Shade(Choice):\n    RED = "red"\n'
        "class Told(Event):\n    pair: Pair\n"
        "class Other(Interface):\n    @view\n    def ask(self) -> Pair: ...\n"
    )
    text = (
        IMPORTS + "from dure.contract.library.first import LIMIT, Other, Pair, Shade, Told\n"
        "class Example(Contract):\n"
        "    shade: Var[Shade]\n"
        "    @call\n"
        "    def probe(self, who: Address) -> Pair:\n"
        "        self.shade = Shade.RED\n"
        "        if LIMIT > 5:\n"
        "            return Other(who).ask()\n"
        "        self.emit(Told(Pair(LIMIT)))\n"
        "        return Pair(left=LIMIT)\n"
    )
    bench = Bench(source(("first", library), text=text))
    assert bench.call("probe", bench.address) == {"left": 3}


def test_a_constant_of_the_library_may_be_the_limit_of_a_list_and_a_role() -> None:
    text = (
        IMPORTS + "from dure.contract.library.first import LIMIT, ROLE\n"
        "class Example(Contract):\n"
        "    items: List[int] = List(limit=LIMIT)\n"
        "    @call\n"
        "    @only(role=ROLE)\n"
        "    def probe(self) -> None:\n"
        "        self.items.append(1)\n"
    )
    whole = source(("first", 'LIMIT = 3\nROLE = "clerk"\n'), text=text)
    bench = Bench(whole)
    interface = bench.machine.get_interface(bench.ledger.programs[bench.address])
    assert interface.limits == {"items": 3}
    assert interface.methods["probe"].roles == ("clerk",)


def test_the_class_stands_in_the_contracts_own_file() -> None:
    first = IMPORTS + "FIRST = 1\n\n\nclass Base(Contract):\n    pass\n"
    whole = Source("Base", OWN, (LibraryModule("first", first),))
    with pytest.raises(Refusal) as refused:
        InProcessMachine().load(whole)
    assert refused.value.code == "unsafe_code"


def test_the_installed_library_is_gathered_with_what_it_imports() -> None:
    text = IMPORTS + "from dure.contract.library.token import Token\nclass Mine(Token):\n    pass\n"
    names = [each.name for each in read_library(text)]
    assert "token" in names
    assert names == sorted(names)
    assert check_text(text) == []
    assert InProcessMachine().load(bundle(text, "Mine"))


def test_modules_that_there_are_not_are_left_to_the_checker() -> None:
    text = "from dure.contract.library.nothing import A\nfrom dure.contract.library.. import B\n"
    assert read_library(text) == ()
    assert read_library("from dure.contract.library.nothing import A\n") == ()


def test_the_contract_classes_of_a_file_are_found_even_where_it_is_refused() -> None:
    text = (
        IMPORTS + "from dure.contract.library.token import Token\n"
        "class First(Contract):\n    x = 5\n"
        "class Second(Token,):  # several\n    pass\n"
        "class Third(Record):\n    a: int\n"
        'TEXT = """\nclass Fourth(Contract):\n"""\n'
    )
    assert find_contracts(text) == ["First", "Second"]
    assert find_contracts("class (") == []


def test_problems_are_listed_by_file_the_own_one_first() -> None:
    own = OWN + "SECOND = []\n"
    problems = check(source(("first", "FIRST = 1\nSECOND = []\n"), text=own))
    assert [each.module for each in problems] == sorted(each.module for each in problems)
    assert all(isinstance(each, Problem) for each in problems)


def test_a_long_chain_of_records_is_refused_and_not_walked_for_ever() -> None:
    chain = "".join(f"class R{i}(Record):\n    a: R{i + 1}\n" for i in range(1500))
    text = (
        IMPORTS + chain + "class R1500(Record):\n    a: int\nclass Example(Contract):\n    pass\n"
    )
    assert {each.rule for each in check_text(text)} == {"too-large-type"}
