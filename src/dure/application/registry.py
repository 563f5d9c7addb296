"""Finds applications: the folders of `dure.apps`, then what other packages announce."""

import pkgutil
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final

from dure.application.description import Application, Story
from dure.core.errors import ConfigurationError, NotFound

PACKAGE: Final = "dure.apps"
ENTRY_POINTS: Final = "dure.apps"


def find_applications() -> tuple[Application, ...]:
    """Return every application by slug; raise `ConfigurationError` where one is broken or taken."""
    found: dict[str, Application] = {}
    for application in [*_find_own(), *_find_others()]:
        if application.slug in found:
            other = found[application.slug].package
            raise ConfigurationError(
                f"{application.package} and {other} are both called {application.slug}: "
                "uninstall one of them",
                slug=application.slug,
            )
        found[application.slug] = application
    return tuple(found[slug] for slug in sorted(found))


def find_application(slug: str) -> Application:
    """Return one application; raise `NotFound` with the names of all others."""
    applications = {each.slug: each for each in find_applications()}
    if slug not in applications:
        known = ", ".join(applications) or "none"
        raise NotFound(f"there is no application {slug!r}; there are: {known}", slug=slug)
    return applications[slug]


def find_story(application: Application, name: str) -> Story:
    """Return a story by its function's name, with hyphens or underscores; raise `NotFound`."""
    stories = {story.__name__: story for story in application.stories}
    wanted = name.replace("-", "_")
    if wanted not in stories:
        known = ", ".join(stories) or "none"
        raise NotFound(f"{application.slug} has no story {name!r}; it has: {known}", story=name)
    return stories[wanted]


def _find_own() -> list[Application]:
    folders = pkgutil.iter_modules(import_module(PACKAGE).__path__)
    return [_load(f"{PACKAGE}.{each.name}.app", "APP") for each in folders if each.ispkg]


def _find_others() -> list[Application]:
    announced = sorted(entry_points(group=ENTRY_POINTS), key=lambda each: each.name)
    return [_load(each.module, each.attr or "APP") for each in announced]


def _load(module: str, attribute: str) -> Application:
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as problem:
        raise ConfigurationError(
            f"the application {module} cannot be loaded: {problem}"
        ) from problem
    if not isinstance(found, Application):
        raise ConfigurationError(f"{module}.{attribute} is no Application")
    return found
