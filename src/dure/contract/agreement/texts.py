"""Docstrings: which paragraphs are for whom.

1. Paragraphs are separated by empty lines.
2. A paragraph that begins with `ko:` is Korean; all others are English.
3. In the class's docstring a paragraph that begins with `ko words:` gives Korean for names and
   texts of the file: `insurer = 보험사; the flight has departed = 항공편이 이미 출발했음`.
"""

import re
from typing import Final

from dure.contract.agreement.model import Text

KOREAN: Final = "ko:"
WORDS: Final = "ko words:"


def split_text(docstring: str) -> Text:
    """Return what a docstring says in each language."""
    english: list[str] = []
    korean: list[str] = []
    for paragraph in _paragraphs(docstring):
        if paragraph.startswith(KOREAN):
            korean.append(paragraph.removeprefix(KOREAN).strip())
        elif not paragraph.startswith(WORDS):
            english.append(paragraph)
    return Text("\n\n".join(english), "\n\n".join(korean))


def read_words(docstring: str) -> dict[str, str]:
    """Return Korean by the author's English, from the `ko words:` paragraphs."""
    words: dict[str, str] = {}
    for paragraph in _paragraphs(docstring):
        if paragraph.startswith(WORDS):
            for entry in paragraph.removeprefix(WORDS).split(";"):
                english, mark, korean = entry.partition("=")
                if mark:
                    words[english.strip()] = korean.strip()
    return words


def _paragraphs(docstring: str) -> list[str]:
    parts = re.split(r"\n\s*\n", docstring.strip())
    return [" ".join(part.split()) for part in parts if part.strip()]
