"""Applications are found by folder and by entry point; a new one is written whole and red."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from dure.application import (
    Application,
    find_application,
    find_applications,
    load_texts,
    registry,
    write_application,
)
from dure.application.description import validate_slug
from dure.core.errors import ConfigurationError, NotFound


def announce(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = [EntryPoint(f"point-{i}", value, "dure.apps") for i, value in enumerate(values)]
    monkeypatch.setattr(registry, "entry_points", lambda **_: points)


def test_our_applications_are_found() -> None:
    assert "flight-delay" in [each.slug for each in find_applications()]
    assert find_application("flight-delay").report_rows == ("X15",)


def test_an_unknown_application_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"no application 'flight'; there are: .*flight-delay"):
        find_application("flight")


def test_others_announce_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(monkeypatch, "tests.unit.application.other:OTHER")
    assert find_application("other").title_en == "Other"


def test_two_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(monkeypatch, "dure.apps.flight_delay.app:APP")
    with pytest.raises(ConfigurationError, match="both called flight-delay"):
        find_applications()


@pytest.mark.parametrize(
    ("value", "explanation"),
    [
        ("no.such.module:APP", "cannot be loaded"),
        ("dure.apps.flight_delay.app:NONE", "cannot be loaded"),
        ("dure.apps.flight_delay.app:FlightDelay", "is no Application"),
    ],
)
def test_a_broken_announcement_is_explained(
    monkeypatch: pytest.MonkeyPatch, value: str, explanation: str
) -> None:
    announce(monkeypatch, value)
    with pytest.raises(ConfigurationError, match=explanation):
        find_applications()


@pytest.mark.parametrize("slug", ["", "Flight", "flight_delay", "-a", "a-", "a--b", "1a", "a" * 41])
def test_a_bad_name_is_refused(slug: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot name an application"):
        validate_slug(slug)
    with pytest.raises(ConfigurationError):
        write_application(slug, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_texts_are_explained() -> None:
    with pytest.raises(ConfigurationError, match=r"index\.xx\.toml cannot be read"):
        load_texts(find_application("flight-delay"), "index", "xx")


def test_a_new_application_is_whole_and_its_first_test_red(tmp_path: Path) -> None:
    written = write_application("lost-and-found", tmp_path, package="fresh")
    assert all(path.is_relative_to(tmp_path / "lost_and_found") for path in written)
    with pytest.raises(ConfigurationError, match="exists already"):
        write_application("lost-and-found", tmp_path, package="fresh")

    (tmp_path / "fresh").mkdir()
    (tmp_path / "lost_and_found").rename(tmp_path / "fresh" / "lost_and_found")
    story = (
        "from fresh.lost_and_found.app import APP\n"
        "from dure.testing import World\n"
        "assert APP.slug == 'lost-and-found'\n"
        "[story(World()) for story in APP.stories]\n"
    )
    told = run(tmp_path, "-c", story)
    assert told.returncode == 0, told.stderr
    test = run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "fresh/lost_and_found")
    assert test.returncode == 1, test.stderr
    assert "1 failed" in test.stdout


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_application_is_plain_data() -> None:
    found = find_application("flight-delay")
    assert isinstance(found, Application)
    assert found.folder_name == "flight_delay"
