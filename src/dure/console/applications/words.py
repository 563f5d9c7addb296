"""What an application and its contracts call things, in one language.

What is asked first: the application's own texts (`pages/<name>.<language>.toml`), then what its
contracts' files say, then its roles; and where nobody says anything, the name itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dure.application import Application, load_texts
from dure.contract.agreement import LanguageCode
from dure.testing.recording import Words

_WORD_BREAK: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one application."""

    application: Application
    language: str
    texts: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """Names, refusals and possibilities of its contracts."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """What contracts, methods and events say of themselves."""

    @property
    def title(self) -> str:
        """What the application is called."""
        is_korean = self.language == "ko"
        return self.application.title_ko if is_korean else self.application.title_en

    def name(self, key: str) -> str:
        """Return what a name is called: a field, a method, an event, a possibility."""
        known = self.texts.get(key) or self.names.get(key)
        return known or (key.replace("_", " ") if key.isidentifier() else key)

    def head(self, key: str) -> str:
        """Return what a name is called, as the beginning of a line."""
        called = self.name(key)
        return called[:1].upper() + called[1:]

    def say(self, key: str) -> str:
        """Return what a contract, a method or an event says of itself; empty where nothing."""
        return self.sentences.get(key, "")

    def person(self, name: str) -> str:
        """Return what a person of a story is called."""
        called = self.texts.get(f"person_{to_key(name)}")
        if called is None and self.language == "ko":
            role = next((each for each in self.application.roles if each.name == name), None)
            called = role.name_ko if role else self.texts.get(name) or self.names.get(name)
        return called or name

    def choice(self, type_: str, member: str) -> str:
        """Return what a possibility of a choice means; its name where nobody says.

        Without the choice's name it is looked for among all of them.
        """
        known = self.names.get(f"{type_}.{member}") or self.texts.get(member)
        if known is None and not type_:
            ending = f".{member}"
            known = next((text for key, text in self.names.items() if key.endswith(ending)), None)
        return known or self.name(member)

    def story(self, name: str) -> str:
        """Return a story's title; its function's name where no text gives one."""
        return self.texts.get(f"story_{name}") or name.replace("_", " ").capitalize()

    def story_says(self, name: str, docstring: str) -> str:
        """Return what a story shows."""
        return self.texts.get(f"says_{name}") or " ".join(docstring.split())

    def duty(self, role: str, does: str) -> str:
        """Return what somebody who takes part does."""
        return self.texts.get(f"does_{to_key(role)}") or does


def to_key(name: str) -> str:
    """Return how a name stands in a text's key: `north bank` as `north_bank`."""
    return _WORD_BREAK.sub("_", name.lower()).strip("_")


def load_vocabulary(
    application: Application, language: LanguageCode, contracts: Iterable[Words] = ()
) -> Vocabulary:
    """Return the application's words and those of its contracts, the first contract's first."""
    texts = load_texts(application, application.pages[0], language) if application.pages else {}
    names: dict[str, str] = {}
    sentences: dict[str, str] = {}
    for words in contracts:
        names = words.names[language] | names
        sentences = words.sentences[language] | sentences
    return Vocabulary(application, language, texts, names, sentences)
