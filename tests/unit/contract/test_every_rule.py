"""Every rule of the table refuses something: in a program file, or here."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.contract.bundle import LibraryModule, Source
from dure.contract.checker import check
from dure.contract.limits import FIELDS_MAX, SOURCE_BYTES_MAX, SYNTAX_DEPTH_MAX, SYNTAX_NODES_MAX
from dure.contract.problems import RULES
from dure.contract.source import check_text
from tests.unit.contract.program_files import IMPORTS, read_expected
from tests.unit.contract.test_refused_programs import BODIES, MODULES

CONTRACT = "class Example(Contract):\n    pass\n"
NEEDED = IMPORTS + "from dure.contract.library.first import FIRST\n" + CONTRACT
FIRST = LibraryModule("first", "FIRST = 1\n")
ITSELF = "from dure.contract.library.first import FIRST\nFIRST = 1\n"


def alone(text: str) -> Source:
    """Return a source that is one file."""
    return Source("Example", text, ())


WHOLE: dict[str, Source] = {
    "too-long": alone(IMPORTS + CONTRACT + "#" * SOURCE_BYTES_MAX),
    "too-deep": alone(IMPORTS + f"X = {'-' * SYNTAX_DEPTH_MAX}1\n" + CONTRACT),
    "too-many-nodes": alone(IMPORTS + CONTRACT + "1\n" * SYNTAX_NODES_MAX),
    "too-many-fields": alone(
        IMPORTS
        + "class Wide(Record):\n"
        + "".join(f"    f{i}: int\n" for i in range(FIELDS_MAX + 1))
        + CONTRACT
    ),
    "no-contract": alone(IMPORTS + "LIMIT = 5\n"),
    "module-list": Source("Example", NEEDED, (FIRST, FIRST)),
    "module-cycle": Source("Example", NEEDED, (LibraryModule("first", ITSELF),)),
    "unneeded-module": Source("Example", NEEDED, (FIRST, LibraryModule("second", "B = 1\n"))),
}


def test_every_rule_of_the_table_has_a_program() -> None:
    programs = [*BODIES.values(), *MODULES.values()]
    expected = {rule for program in programs for _, rule in read_expected(program)}
    assert expected | WHOLE.keys() == RULES.keys()


@pytest.mark.parametrize("rule", WHOLE)
def test_what_no_program_file_can_hold_is_refused(rule: str) -> None:
    assert rule in {problem.rule for problem in check(WHOLE[rule])}


def test_parameters_have_the_bound_of_fields() -> None:
    parameters = "".join(f", p{i}: int" for i in range(FIELDS_MAX + 1))
    text = (
        IMPORTS + f"class Example(Contract):\n    def m(self{parameters}) -> None:\n        pass\n"
    )
    assert {problem.rule for problem in check_text(text)} == {"too-many-fields"}


def test_one_mistake_does_not_hide_the_others() -> None:
    text = IMPORTS + "\n".join(program.removeprefix(IMPORTS) for program in MODULES.values())
    assert len({problem.rule for problem in check_text(text)}) > 20


LINES = sorted(
    {
        line
        for program in MODULES.values()
        for line in program.splitlines()
        if line.startswith((" ", "class", "def", "@", "from"))
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(LINES), max_size=25))
def test_the_checker_answers_whatever_lines_stand_together(lines: list[str]) -> None:
    problems = check_text(IMPORTS + "\n".join(lines))
    assert {problem.rule for problem in problems} <= RULES.keys()


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*MODULES.values()]), min_size=2, max_size=4), st.data())
def test_the_checker_answers_when_programs_lack_lines(
    programs: list[str], data: st.DataObject
) -> None:
    lines = [line for program in programs for line in program.splitlines()]
    gone = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=6))
    text = "\n".join(line for place, line in enumerate(lines) if place not in gone)
    assert {problem.rule for problem in check_text(text)} <= RULES.keys()
