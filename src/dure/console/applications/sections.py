"""What the pages of an application have in common: its words, its parts, what it is for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Final

from starlette.requests import Request

from dure.api.answers.shapes import ContractSummary
from dure.api.routes.operation import read_address
from dure.application import Application, find_pages, load_texts
from dure.application.reports import has_report
from dure.console.applications.tables import list_own_contracts
from dure.console.applications.values import Translate
from dure.console.applications.words import Vocabulary, load_vocabulary
from dure.console.language import choose_language, get_text
from dure.console.site import Site
from dure.core.errors import ConfigurationError
from dure.testing.recording import read_words

ABOUT_MAX: Final = 1_200
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of an application's pages."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An application as one reader sees it."""

    application: Application
    words: Vocabulary
    translate: Translate
    contracts: Sequence[ContractSummary]
    tabs: Sequence[Tab]

    @property
    def about(self) -> str:
        """What it is for, in a few sentences; empty where nobody says it in this language."""
        if self.words.language == "en":
            return read_about(self.application.package)
        said = (self.words.say(each.name) for each in self.contracts)
        return self.words.texts.get("about") or next(filter(None, said), "")


async def look_at(site: Site, request: Request) -> Seen:
    """Return the application that the address names; raise `NotFound`."""
    application = site.find_application(request.path_params["slug"])
    language = choose_language(request)
    contracts = await list_own_contracts(site, application)
    newest = {each.name: each for each in contracts}
    agreements = [
        await site.agreements.read(read_address(each.address)) for each in newest.values()
    ]
    words = load_vocabulary(application, language, [read_words(each) for each in agreements])
    translate = partial(get_text, language)
    tabs = _list_tabs(application, words, translate)
    if site.reports is not None and has_report(site.reports, application.slug):
        tabs.append(Tab(f"/apps/{application.slug}/report", translate("app_report")))
    return Seen(application, words, translate, contracts, tabs)


def _list_tabs(application: Application, words: Vocabulary, translate: Translate) -> list[Tab]:
    root = f"/apps/{application.slug}"
    tabs = [Tab(root, translate("app_overview"))]
    for page in find_pages(application):
        title = load_texts(application, page.name, words.language).get("title", page.name)
        tabs.append(Tab(f"{root}/pages/{page.name}", title))
    tabs.append(Tab(f"{root}/use", translate("app_use")))
    tabs.append(Tab(f"{root}/tables", translate("app_tables")))
    if application.stories:
        tabs.append(Tab(f"{root}/stories", translate("app_stories")))
    return tabs


@cache
def read_about(package: str) -> str:
    """Return the first paragraph of an application's README as plain text; empty without one."""
    file = files(package) / "README.md"
    if not file.is_file():
        return ""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem}") from problem
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text))
    first = next((part for part in paragraphs if part and not part.startswith("#")), "")
    plain = _LINK.sub(r"\1", " ".join(first.split())).replace("`", "").replace("**", "")
    return plain[:ABOUT_MAX]
