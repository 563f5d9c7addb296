"""An application's words for people, in every language: `pages/<name>.<language>.toml`, flat."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from dure.application.description import Application
from dure.core.errors import ConfigurationError

LANGUAGES: Final = ("en", "ko")


def load_texts(application: Application, page: str, language: str) -> Mapping[str, str]:
    """Return a page's texts by key; raise `ConfigurationError` where the file cannot be used."""
    file = files(application.package) / "pages" / f"{page}.{language}.toml"
    try:
        texts = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem}") from problem
    wrong = [key for key, value in texts.items() if not isinstance(value, str) or not value]
    if wrong:
        raise ConfigurationError(f"{file}: {', '.join(wrong)} must be text")
    return texts
