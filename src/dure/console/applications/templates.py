"""Which templates an application's pages see: the console's own, and those of their folder.

A template of the application `flight-delay` is called `app:flight-delay/flights.html`. No template
of the console has a name like that, so nobody shadows anybody. Only a template of the same folder
may include, import or extend such a one.
"""

from collections.abc import Iterable
from typing import Final

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    TemplateNotFound,
)

from dure.application import Application, find_pages, get_pages_folder

_OWN: Final = "app:"


class OwnTemplates(Environment):
    """An environment in which no template reaches those of an application that is not its own."""

    def join_path(self, template: str, parent: str) -> str:
        """Return what `parent` asks for as `template`; raise `TemplateNotFound`."""
        folder, _, _ = template.partition("/")
        if template.startswith(_OWN) and not parent.startswith(f"{folder}/"):
            raise TemplateNotFound(template, f"{parent} may not use {template}")
        return template


def build_loader(console: BaseLoader, applications: Iterable[Application]) -> BaseLoader:
    """Return a loader for the console's templates and those of applications with pages."""
    folders = {
        f"{_OWN}{each.slug}": FileSystemLoader(get_pages_folder(each))
        for each in applications
        if find_pages(each)
    }
    return ChoiceLoader([console, PrefixLoader(folders)])


def name_template(application: Application, page: str) -> str:
    """Return what the template of an application's page is called."""
    return f"{_OWN}{application.slug}/{page}.html"
