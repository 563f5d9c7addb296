"""Stories are played beside the node: in a bounded process, once, and only listed ones."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dure.application import find_application
from dure.application import playing as playing_process
from dure.console.applications import playing
from dure.console.applications.playing import Player, StoryNotPlayed
from dure.core.errors import InvalidEncoding, NotFound, Unavailable
from dure.testing.recording import StoryRecord, decode_record, encode_record, record_story

APPLICATION = find_application("flight-delay")
STORY = "late_flight_pays_by_itself"
RECORD = record_story(APPLICATION.stories[0])


class Counting:
    """Stands in for the process, and counts how often it was asked."""

    def __init__(self, *problems: Exception) -> None:
        self.asked = 0
        self.problems = list(problems)

    async def __call__(self, slug: str, name: str) -> StoryRecord:
        self.asked += 1
        await asyncio.sleep(0)
        if self.problems:
            raise self.problems.pop()
        return RECORD


def test_a_process_of_its_own_plays_what_the_recorder_records() -> None:
    played = asyncio.run(Player().play(APPLICATION, STORY.replace("_", "-")))
    assert played == RECORD


def test_a_story_is_played_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_play", counting := Counting())
    player = Player()

    async def ask() -> None:
        await asyncio.gather(*(player.play(APPLICATION, STORY) for _ in range(5)))

    asyncio.run(ask())
    asyncio.run(ask())
    assert counting.asked == 1


def test_what_failed_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_play", counting := Counting(StoryNotPlayed("broken")))
    player = Player()

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises(StoryNotPlayed, match="broken"):
                await player.play(APPLICATION, STORY)
        monkeypatch.setattr(playing, "FAILURE_KEPT_S", 0.0)
        await player.play(APPLICATION, STORY)

    asyncio.run(ask())
    assert counting.asked == 2


def test_only_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_play", Counting())
    monkeypatch.setattr(playing, "WAITING_MAX", 2)
    player = Player()

    async def ask() -> list[object]:
        asked = (player.play(APPLICATION, STORY) for _ in range(4))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    refused = [each for each in asyncio.run(ask()) if isinstance(each, Unavailable)]
    assert len(refused) == 2


@pytest.mark.parametrize("name", ["nonsense", "open_business", "__init__", "../stories", ""])
def test_nothing_but_the_listed_stories_is_played(name: str) -> None:
    with pytest.raises(NotFound):
        asyncio.run(Player().play(APPLICATION, name))


def test_a_story_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "PLAYING_S_MAX", 0.0)
    with pytest.raises(StoryNotPlayed, match="takes longer"):
        asyncio.run(Player().play(APPLICATION, STORY))


def test_the_process_bounds_itself_and_complains_in_a_line() -> None:
    command = [sys.executable, "-B", "-P", "-m", "dure.application.playing", "flight-delay", "no"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"it has: late_flight_pays_by_itself" in done.stderr
    code = (
        "import resource, json; from dure.application import playing; playing._bound(); "
        "names = ('RLIMIT_CPU', 'RLIMIT_AS', 'RLIMIT_FSIZE', 'RLIMIT_CORE'); "
        "print(json.dumps([resource.getrlimit(getattr(resource, n)) for n in names]))"
    )
    bounded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(bounded.stdout) == [[60, 60], [3 * 1024**3] * 2, [0, 0], [0, 0]]


def test_a_node_that_shares_the_machine_goes_first() -> None:
    code = "import os; from dure.application import playing; playing._bound(); print(os.nice(0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(done.stdout) - os.nice(0) >= min(playing_process.NICENESS, 19 - os.nice(0))


@pytest.mark.parametrize("bound", ["RECORD_BYTES_MAX", "COMPLAINT_BYTES_MAX"])
def test_a_process_that_says_too_much_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bound: str
) -> None:
    pipe = 1 if bound == "RECORD_BYTES_MAX" else 2
    chatty = tmp_path / "python"
    chatty.write_text(f"#!/bin/sh\nexec cat /dev/zero >&{pipe}\n")
    chatty.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(chatty))
    monkeypatch.setattr(playing, bound, 1_000_000)
    with pytest.raises(StoryNotPlayed, match="more than 1000000 bytes"):
        asyncio.run(Player().play(APPLICATION, STORY))


def test_records_are_kept_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playing, "_play", counting := Counting())
    monkeypatch.setattr(playing, "KEPT_BYTES_MAX", len(encode_record(RECORD)))
    player = Player()

    async def ask() -> None:
        for story in [*APPLICATION.stories[:2], *APPLICATION.stories[1::-1]]:
            await player.play(APPLICATION, story.__name__)

    asyncio.run(ask())
    assert counting.asked == 3


def test_what_is_no_record_is_no_story() -> None:
    with pytest.raises(InvalidEncoding):
        decode_record(b"Traceback")


def test_no_secret_of_the_node_reaches_a_story() -> None:
    given = {"PATH": "/bin", "DURE_PASSPHRASE": "secret", "HOME": "/h", "LANG": "C"}
    assert playing._choose_environment(given) == {"PATH": "/bin", "LANG": "C"}
