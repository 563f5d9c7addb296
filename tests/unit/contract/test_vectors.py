"""The machine answers as tests/vectors/contracts.json says, on whatever Python this is."""

from tests.unit.contract import golden
from tests.unit.contract.program_files import read_programs

REMAKE = "run: python -m scripts.make_contract_vectors"


def test_every_program_answers_as_stored() -> None:
    assert golden.list_differences(golden.load()) == [], REMAKE


def test_no_program_is_missing_from_the_stored_answers() -> None:
    stored = {each["name"]: each["body"] for each in golden.load()["programs"]}
    for file in ("golden.txt", "stopped.txt"):
        programs = read_programs(file, "", 8)
        assert {name: stored.get(name) for name in programs} == programs, REMAKE
    names = [each["name"] for each in golden.load()["refused"]]
    assert names == [name for name, _ in golden.list_refused()], REMAKE


def test_the_golden_programs_run_to_the_end() -> None:
    answers = {each["name"]: each for each in golden.load()["programs"]}
    for name in read_programs("golden.txt", "", 8):
        assert "problems" not in answers[name], answers[name]
        assert answers[name]["calls"][0]["code"] == "ok", answers[name]
