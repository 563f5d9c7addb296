"""Templates of applications: each reaches the console's and its own, and nobody else's."""

import pytest
from jinja2 import DictLoader, TemplateNotFound

from dure.console.applications.templates import OwnTemplates

TEMPLATES = {
    "part.html": "a part",
    "tricky.html": '{% include "app:one/a.html" %}',
    "app:one/a.html": "one",
    "app:one/own.html": '{% include "app:one/a.html" %} and {% include "part.html" %}',
    "app:two/include.html": '{% include "app:one/a.html" %}',
    "app:two/include-some.html": '{% include ["app:one/a.html"] %}',
    "app:two/import.html": '{% import "app:one/a.html" as a %}',
    "app:two/extend.html": '{% extends "app:one/a.html" %}',
}
ENVIRONMENT = OwnTemplates(loader=DictLoader(TEMPLATES), autoescape=True)


def test_an_application_uses_its_own_and_the_consoles() -> None:
    assert ENVIRONMENT.get_template("app:one/own.html").render() == "one and a part"


@pytest.mark.parametrize(
    "name", [name for name in TEMPLATES if name.startswith("app:two") or name == "tricky.html"]
)
def test_nobody_uses_another_applications(name: str) -> None:
    template = ENVIRONMENT.get_template(name)
    with pytest.raises(TemplateNotFound):
        template.render()
