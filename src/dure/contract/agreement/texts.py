"""The words that a file gives for people: texts behind its last declaration.

1. A text that begins with `en:` or `ko:` gives words of that language, an entry a line; a line that
   begins with a space goes on with the entry before.
2. An entry is `late_minutes = 지연 시간`: a name of the file, or one of its texts (the reason of a
   refusal, a possibility of a choice), and how it is called.
3. What follows the first `: ` behind a name says what its docstring says:
   `buy = 가입: 항공편 하나를 보장받는다.`
4. Of a contract with library modules, its own file's words come before those of the modules.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dure.contract.agreement.model import LanguageCode, Text
from dure.contract.shapes import Declarations

LANGUAGES: Final[tuple[LanguageCode, ...]] = ("en", "ko")


@dataclass(frozen=True, slots=True)
class Glossary:
    """What a contract's files say of their names, by language."""

    names: dict[LanguageCode, dict[str, str]] = field(default_factory=dict)
    sentences: dict[LanguageCode, dict[str, str]] = field(default_factory=dict)
    """What stands for docstrings."""

    def get_text(self, name: str, docstring: str) -> Text:
        """Return what is said of a name in each language; the docstring is English."""
        english = self.sentences["en"].get(name) or _join_lines(docstring)
        return Text(english, self.sentences["ko"].get(name, ""))


def read_glossary(modules: Mapping[str, Declarations]) -> Glossary:
    """Return the words of the files: those of the contract's own file win over the library's."""
    found = Glossary({each: {} for each in LANGUAGES}, {each: {} for each in LANGUAGES})
    own_last = sorted(modules.values(), key=lambda each: not each.module)
    for text in (text for each in own_last for text in each.words):
        for language in LANGUAGES:
            if text.startswith(f"{language}:"):
                _read_entries(text.removeprefix(f"{language}:"), language, found)
    return found


def _read_entries(text: str, language: LanguageCode, found: Glossary) -> None:
    for entry in re.sub(r"\n[ \t]+", " ", text).splitlines():
        key, mark, said = (part.strip() for part in entry.partition(" = "))
        if not mark:
            continue
        if key.isidentifier():
            said, _, sentence = (part.strip() for part in said.partition(": "))
            if sentence:
                found.sentences[language][key] = sentence
        found.names[language][key] = said


def _join_lines(docstring: str) -> str:
    """Return the paragraphs, each as one line."""
    parts: Iterable[str] = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())
