"""The known answers are what their generator computes, which shares no line with Dure."""

import pytest

from scripts.make_vectors import BUILDERS, render
from tests.unit.core.vectors import FOLDER


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_the_files_are_what_the_generator_writes(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text("utf-8") == render(name)


def test_every_file_has_its_generator() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} >= set(BUILDERS)
