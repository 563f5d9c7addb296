"""Programs that the checker must refuse, by rule and line, and those that the machine must stop."""

import pytest

from dure.contract.ports import Refusal
from dure.contract.source import check_text
from tests.unit.contract.fake_ledger import Bench, asset, person
from tests.unit.contract.program_files import (
    AROUND_BODY,
    IMPORTS,
    read_expected,
    read_programs,
)

BODIES = read_programs("bodies.txt", AROUND_BODY, 8)
MODULES = read_programs("modules.txt", IMPORTS, 0)
STOPPED = read_programs("stopped.txt", AROUND_BODY, 8)


@pytest.mark.parametrize("name", [*BODIES, *MODULES])
def test_the_checker_refuses_on_the_line_by_the_rule(name: str) -> None:
    source = BODIES.get(name) or MODULES[name]
    expected = read_expected(source)
    found = {(problem.line, problem.rule) for problem in check_text(source)}
    assert expected, "a program of these files has an expected refusal"
    if "syntax" in {rule for _, rule in expected}:
        assert {rule for _, rule in found} == {"syntax"}
    else:
        assert found == expected


@pytest.mark.parametrize("name", STOPPED)
def test_the_machine_stops_with_the_code(name: str) -> None:
    source = STOPPED[name]
    assert check_text(source) == []
    bench = Bench(source)
    with pytest.raises(Refusal) as stopped:
        bench.call("probe", 5, "abc", b"xyz", [3, 1, 2], person(2), asset(9), gas=5_000_000)
    assert stopped.value.code == name.split(" = ")[1]
