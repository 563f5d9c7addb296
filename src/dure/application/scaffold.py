"""Writes the folder of a new application: complete, readable, and with a first test that is red."""

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from dure.application.description import validate_slug
from dure.core.errors import ConfigurationError

_FILES: Final = {
    "__init__.py": "package",
    "README.md": "readme",
    "app.py": "app",
    "contract.py": "contract",
    "stories.py": "stories",
    "hottest.py": "hottest",
    "pages/index.en.toml": "page_en",
    "pages/index.ko.toml": "page_ko",
    "tests/test_rules.py": "test_rules",
}
"""What is written, and the template that it comes from."""


def write_application(slug: str, folder: Path, *, package: str = "dure.apps") -> list[Path]:
    """Write the application `slug` into `folder`/<slug with underscores>; return the files written.

    `package` is the import name of `folder`. Raises `ConfigurationError` for a bad name and where
    something stands there already.
    """
    validate_slug(slug)
    name = slug.replace("-", "_")
    target = folder / name
    if target.exists():
        raise ConfigurationError(f"{target} exists already: choose another name", path=str(target))
    words = slug.replace("-", " ")
    values = {
        "slug": slug,
        "title": words.capitalize(),
        "contract": words.title().replace(" ", ""),
        "package": f"{package}.{name}",
    }
    written: list[Path] = []
    for path, template in _FILES.items():
        text = (files(__package__) / "templates" / f"{template}.txt").read_text("utf-8")
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(text).substitute(values), "utf-8")
        written.append(file)
    return written
