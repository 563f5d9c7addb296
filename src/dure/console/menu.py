"""The menu of every page: groups in their order, and in each what the pages declare for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure.application import Application
from dure.console.site import Group, Page


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the menu: a path, and a key of the texts or an application's titles."""

    path: str
    label: str = ""
    title_en: str = ""
    title_ko: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A group with its lines."""

    group: Group
    lines: tuple[Line, ...]


def build_menu(pages: Sequence[Page], applications: Sequence[Application]) -> tuple[Part, ...]:
    """Return the groups that have lines."""
    lines: dict[Group, list[Line]] = {group: [] for group in Group}
    for page in pages:
        if page.menu is not None:
            lines[page.menu.group].append(Line(page.path, page.menu.label))
    lines[Group.APPLICATIONS] += [
        Line(f"/apps/{each.slug}", title_en=each.title_en, title_ko=each.title_ko)
        for each in applications
    ]
    return tuple(Part(group, tuple(found)) for group, found in lines.items() if found)
