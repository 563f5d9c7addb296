"""What every application owes, whoever wrote it: one set of tests for every folder found."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from dure.application import (
    LANGUAGES,
    Application,
    Story,
    find_applications,
    find_pages,
    load_texts,
)
from dure.chain.executor import Executor
from dure.console.applications.words import load_vocabulary, to_key
from dure.contract.checker.check import check
from dure.contract.interface import build_interface
from dure.contract.language import Contract
from dure.contract.machine import InProcessMachine
from dure.contract.source import read_source
from dure.core.types import Instant
from dure.testing import MemoryStage, World
from dure.testing.recording import encode_record, record_story

RULE = re.compile(r"^\* \*\*R(\d+)\*\*", re.MULTILINE)
TEST = re.compile(r"^def test_r(\d+)_", re.MULTILINE)
HANGUL = re.compile("[가-힣]")
TOLD_IN_ENGLISH = ("does_", "person_", "says_", "story_")
"""Beginnings of texts that English has no need of: the code itself says them."""

APPLICATIONS = find_applications()
CONTRACTS = [each for application in APPLICATIONS for each in application.contracts]
STORIES = [story for application in APPLICATIONS for story in application.stories]


def name_of(value: object) -> str:
    return value.slug if isinstance(value, Application) else str(getattr(value, "__name__", value))


every_application = pytest.mark.parametrize("application", APPLICATIONS, ids=name_of)
every_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=name_of)
every_story = pytest.mark.parametrize("story", STORIES, ids=name_of)


def get_folder(application: Application) -> Path:
    return Path(str(files(application.package)))


def read(application: Application, name: str) -> str:
    return (get_folder(application) / name).read_text("utf-8")


def list_texts(application: Application) -> Iterator[Path]:
    for path in sorted(get_folder(application).rglob("*")):
        if path.suffix in {".py", ".md", ".toml", ".html", ".js"}:
            yield path


def test_there_are_applications() -> None:
    assert APPLICATIONS


@every_application
def test_the_folder_is_called_like_the_application(application: Application) -> None:
    assert get_folder(application).name == application.folder_name
    assert application.contracts
    assert application.stories


@every_contract
def test_the_checker_accepts_the_contract(contract: type[Contract]) -> None:
    assert check(read_source(contract)) == []


@every_contract
def test_every_method_and_type_says_what_it_is(contract: type[Contract]) -> None:
    interface = build_interface(read_source(contract))
    parts = [(interface.name, interface.docstring)]
    parts += [(each.name, each.docstring) for each in interface.methods.values()]
    parts += [(each.name, each.docstring) for each in interface.records.values()]
    parts += [(each.name, each.docstring) for each in interface.events.values()]
    parts += [(each.name, each.docstring) for each in interface.choices.values()]
    assert [name for name, docstring in parts if not docstring] == []


@every_story
def test_the_story_runs_twice_to_the_same_state(story: Story) -> None:
    roots = set()
    for _ in range(2):
        world = World()
        begun = world.state_root
        story(world)
        assert world.conserved()
        assert world.state_root != begun
        roots.add(world.state_root)
    assert len(roots) == 1


@every_story
def test_another_node_comes_to_the_same_state(story: Story) -> None:
    stage = MemoryStage(at=Instant(1_767_600_000_000), assets={"won": 0, "usd": 2})
    story(World(stage))
    follower = Executor(stage.genesis, InProcessMachine())
    for block in stage.blocks:
        candidate = follower.judge(block)
        follower.commit(candidate.position.block_id)
    assert follower.head.header.state_root == stage.state_root


@every_story
def test_the_story_says_what_it_shows(story: Story) -> None:
    assert story.__doc__


@every_application
def test_every_rule_has_its_test_and_every_test_its_rule(application: Application) -> None:
    rules = [int(number) for number in RULE.findall(read(application, "README.md"))]
    assert rules == list(range(1, len(rules) + 1))
    assert rules
    tests = sorted((get_folder(application) / "tests").glob("test_*.py"))
    tested = {int(number) for path in tests for number in TEST.findall(path.read_text("utf-8"))}
    assert tested == set(rules)


@every_application
def test_the_readme_has_its_sections_and_names_the_report(application: Application) -> None:
    readme = read(application, "README.md")
    for section in ("Who takes part", "How the money moves", "Rules", "Limits"):
        assert re.search(rf"^## {section}", readme, re.MULTILINE), section
    for row in application.report_rows:
        assert row in readme


@every_application
def test_both_languages_are_there(application: Application) -> None:
    assert HANGUL.search(application.title_ko)
    assert not HANGUL.search(application.title_en)
    assert all(HANGUL.search(party.name_ko) for party in application.roles)
    for page in application.pages:
        english, korean = (load_texts(application, page, language) for language in LANGUAGES)
        told = {key for key in korean if key.startswith(TOLD_IN_ENGLISH)}
        assert english.keys() == korean.keys() - told
        assert [key for key, text in korean.items() if not HANGUL.search(text)] == []
        assert [key for key, text in english.items() if HANGUL.search(text)] == []


def build_names(other: Application) -> re.Pattern[str]:
    """Return what names an application: its package, its slug in quotation marks, its title.

    A folder's name may be an ordinary word; what stands behind `apps` is none.
    """
    package = rf"\bapps(?:[./]| import ){re.escape(other.folder_name)}\b"
    slug = rf"""["'`/]{re.escape(other.slug)}["'`/]"""
    return re.compile(f"{package}|{slug}|{re.escape(other.title_en)}|{re.escape(other.title_ko)}")


@every_application
def test_what_code_says_in_english_is_there_in_korean(application: Application) -> None:
    korean = load_texts(application, application.pages[0], "ko")
    needed = {f"does_{to_key(party.name)}" for party in application.roles}
    needed |= {f"story_{story.__name__}" for story in application.stories}
    needed |= {f"says_{story.__name__}" for story in application.stories}
    assert sorted(needed - korean.keys()) == []
    told = {key for key in korean if key.startswith(("does_", "story_", "says_"))}
    assert sorted(told - needed) == []


@every_story
def test_the_story_is_recorded_alike_and_everybody_in_it_has_a_korean_name(story: Story) -> None:
    application = next(each for each in APPLICATIONS if story in each.stories)
    record = record_story(story)
    assert record.verdict.problem is None
    assert record.verdict.money_conserved
    assert encode_record(record_story(story)) == encode_record(record)
    words = load_vocabulary(application, "ko", record.words.values())
    people = [actor.name for actor in record.actors if actor.kind == "person"]
    assert [name for name in people if not HANGUL.search(words.person(name))] == []
    called = {c.method for s in record.steps for c in s.calls if c.target != "ledger"}
    said = {event.name for step in record.steps for event in step.events}
    unnamed = [name for name in called | said if not HANGUL.search(words.head(name))]
    assert unnamed == []


@every_application
def test_own_pages_have_template_and_texts(application: Application) -> None:
    for page in find_pages(application):
        template = read(application, f"pages/{page.name}.html")
        assert '{% extends "frame.html" %}' in template
        assert "<script" not in template
        assert " style=" not in template


@every_application
def test_no_other_application_is_named(application: Application) -> None:
    others = [each for each in APPLICATIONS if each.slug != application.slug]
    named = [
        (path.name, found[0])
        for path in list_texts(application)
        for other in others
        for found in build_names(other).finditer(path.read_text("utf-8"))
    ]
    assert named == []
