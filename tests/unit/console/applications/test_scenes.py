"""A story as its page shows it: in words of both languages, with everything that happened."""

from functools import cache, partial

import pytest

from dure.application import find_application
from dure.apps.flight_delay.stories import late_flight_pays_by_itself
from dure.console.applications.scenes import Stage, build_stage
from dure.console.applications.values import ValueWriter, show_duration
from dure.console.applications.words import load_vocabulary
from dure.console.language import get_text
from dure.contract.agreement import LanguageCode
from dure.testing.recording import StoryRecord, record_story

APPLICATION = find_application("flight-delay")
HOUR = 3_600_000


@cache
def record() -> StoryRecord:
    return record_story(late_flight_pays_by_itself)


@cache
def stage(language: LanguageCode) -> Stage:
    words = load_vocabulary(APPLICATION, language, record().words.values())
    return build_stage(record(), words, partial(get_text, language))


def write(type_: str, value: object, language: LanguageCode = "en") -> str:
    words = load_vocabulary(APPLICATION, language, record().words.values())
    writer = ValueWriter(words, partial(get_text, language), {"dure1x": "the airline"})
    return writer.write(type_, value)  # type: ignore[arg-type]  # a value of any type


def test_people_who_come_together_are_one_scene() -> None:
    scenes = stage("en").scenes
    assert [scene.kind for scene in scenes] == [
        *("arrival", "deployment", "call", "call", "wait", "call", "call", "scheduled"),
    ]
    assert [scene.number for scene in scenes] == list(range(1, 9))
    assert scenes[0].title == "insurer, traveller, airline"
    assert len(scenes[0].moves) == 3


def test_a_scene_is_told_in_both_languages() -> None:
    english, korean = (stage(language).scenes[3] for language in ("en", "ko"))
    assert english.title == "traveller: Buy a policy"
    assert korean.title == "여행자: 보험 가입"
    assert english.says.startswith("Cover the sender on a flight")
    assert korean.says.startswith("신청한 사람이")
    assert (english.pays, english.result) == ("5\u202f000 won", "1")
    assert [event.title for event in korean.events] == ["가입"]


def test_a_refusal_says_who_may_instead() -> None:
    english, korean = (stage(language).scenes[5] for language in ("en", "ko"))
    assert (english.refusal, english.refusal_code) == ("Only for: flight oracle", "not_permitted")
    assert korean.refusal == "운항 정보 제공자 권한이 없습니다"
    assert english.moves == ()


def test_what_is_held_shows_its_change_and_adds_up() -> None:
    last = stage("en").scenes[-1]
    (held,) = last.holdings["traveller"]
    assert (held.amount, held.change) == ("1\u202f195\u202f000", "+200\u202f000")
    (left,) = last.holdings["FlightDelay"]
    assert left.change == "\u2212200\u202f000"
    assert [(move.source, move.target) for move in last.moves] == [("FlightDelay", "traveller")]


def test_time_that_passed_and_what_became_of_things_is_told() -> None:
    wait, last = stage("en").scenes[4], stage("en").scenes[-1]
    assert wait.title == "Time passes: 8 hours"
    assert wait.time - stage("en").scenes[3].time >= 8 * HOUR
    assert [(thing.key, thing.name, thing.latest) for thing in last.things] == [
        ("Policy", "1", "Cover paid")
    ]
    assert last.things[0].is_fresh


def test_lanes_have_everybody_and_nothing_points_nowhere() -> None:
    for language in ("en", "ko"):
        shown = stage(language)
        keys = {actor.key for actor in shown.actors}
        for scene in shown.scenes:
            assert scene.who in keys | {""}
            assert scene.target in keys | {""}
            assert set(scene.holdings) <= keys
    assert stage("en").scenes[1].target == "FlightDelay"


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("Time", 1_767_603_600_000, "2026-01-05 09:00:00"),
        ("Time", -1, "-1"),
        ("Duration", 90 * 60_000, "1 hour 30 minutes"),
        ("bool", True, "yes"),
        ("int", 12_345, "12\u202f345"),
        ("Address", "dure1x", "the airline"),
        ("Outcome", "LATE", "landed 120 minutes late or more"),
        ("list[int]", [1, 2, 3, 4, 5, 6], "1, 2, 3, 4, and 2 more"),
        ("list[int]", [], "nothing"),
        ("Hash", "ab" * 32, "ab" * 8 + "…"),
        ("str", "<b>bold</b>", "<b>bold</b>"),
        ("str", "x y " * 100, ("x y " * 100)[:160] + "…"),
        ("Flight", {"late_minutes": 3}, "delay: 3"),
        ("int", None, "\u2013"),
    ],
)
def test_values_read_as_people_read_them(type_: str, value: object, text: str) -> None:
    assert write(type_, value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "a moment"), (999, "a moment"), (1_000, "1 second"), (26 * HOUR, "1 day 2 hours")],
)
def test_durations_have_two_units_at_most(milliseconds: int, text: str) -> None:
    assert show_duration(milliseconds, partial(get_text, "en")) == text
    assert show_duration(2 * 24 * HOUR, partial(get_text, "ko")) == "2일"
