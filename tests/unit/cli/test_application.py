"""`dure app`: what is there is listed, and what is begun can be imported and is red."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dure.application import find_applications
from dure.cli.application import app
from dure.core.errors import ConfigurationError

RUNNER = CliRunner()


def run(*words: object) -> str:
    done = RUNNER.invoke(app, [str(word) for word in words])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def run_json(*words: object) -> Any:
    return json.loads(run(*words, "--json"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "acme" / "trade"
    folder.mkdir(parents=True)
    for each in (folder, folder.parent):
        (each / "__init__.py").touch()
    return folder


def test_every_application_is_listed_with_what_it_promises() -> None:
    listed = {each["slug"]: each for each in run_json("list")["applications"]}
    assert list(listed) == [each.slug for each in find_applications()]
    cover = listed["flight-delay"]
    assert (cover["title_en"], cover["report_rows"]) == ("Flight delay cover", ["X15"])
    assert list(cover["rules"])[:3] == ["R1", "R2", "R3"]
    # A rule goes on over several lines, and ends before the next.
    assert cover["rules"]["R1"].startswith("The insurer, who deployed the contract, names premium")
    assert cover["rules"]["R1"].endswith("Policies that are sold keep their terms.")
    assert all(cover["stories"].values())
    assert "flight-delay" in run("list")


def test_a_new_application_knows_where_it_is_imported_from(package: Path) -> None:
    begun = run_json("new", "grain-store", "--folder", package)
    assert begun["package"] == "acme.trade.grain_store"
    assert all(Path(file).is_file() for file in begun["files"])
    assert "acme.trade.grain_store.contract" in (package / "grain_store" / "app.py").read_text()


def test_the_first_test_of_a_new_application_is_red_for_the_reason_it_names(package: Path) -> None:
    said = run("new", "grain-store", "--folder", package)
    assert 'grain-store = "acme.trade.grain_store.app:APP"' in said
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "grain_store/tests"],
        cwd=package,
        env={"PYTHONPATH": str(package.parent.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout
    assert "not yours" in done.stdout


@pytest.mark.parametrize(
    ("slug", "place", "words"),
    [
        ("Grain", ".", "cannot name an application"),
        ("grain", "nowhere", "is no folder: call this where src/dure/apps is"),
        ("grain", "two words", "Python cannot import two words"),
        ("taken", ".", "exists already"),
    ],
)
def test_a_place_or_name_that_cannot_be_is_explained(
    package: Path, slug: str, place: str, words: str
) -> None:
    (package / "taken").mkdir()
    (package / "two words").mkdir()
    with pytest.raises(ConfigurationError, match=words):
        run("new", slug, "--folder", package / place)
