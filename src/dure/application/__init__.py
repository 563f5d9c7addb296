"""What an application is, where applications are found, and how a new one begins.

An application is one folder with contracts, stories, texts and tests; adding one edits nothing
else. Those of this project lie in `dure.apps`; others announce themselves by the entry-point group
`dure.apps`, whose values name an `Application`.
"""

from dure.application.description import Application, Party, Story
from dure.application.registry import find_application, find_applications
from dure.application.scaffold import write_application
from dure.application.texts import LANGUAGES, load_texts

__all__ = [
    "LANGUAGES",
    "Application",
    "Party",
    "Story",
    "find_application",
    "find_applications",
    "load_texts",
    "write_application",
]
