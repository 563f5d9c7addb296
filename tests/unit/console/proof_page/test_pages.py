"""The proof page as it is served: in both languages, with every sentence that scripts may say."""

import json
import re
from base64 import b64decode

import httpx
import pytest

from dure.console.language import load_texts
from dure.console.pages.proof import list_words
from dure.console.pages.proof.standalone import ENTRY, NAME_PREFIX, find_modules
from dure.console.settings import LANGUAGES
from tests.unit.api.serving import Desk
from tests.unit.console.proof_page.node import STATIC

SCRIPTS = sorted((STATIC / "proof").rglob("*.js"))
BROKEN = re.compile(r'(?:require|Broken)\([^;]*?(?:check|"[a-z ]+"), "([a-z]+(?:_[a-z]+)*)"[,)]')
"""A check that breaks: its name, or the variable that holds it, and the sentence that says so."""


def fetch(desk: Desk, path: str) -> httpx.Response:
    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        return await client.get(path)

    return desk.run(ask)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_each_language(desk: Desk, language: str) -> None:
    answer = fetch(desk, f"/proof?lang={language}")
    assert answer.status_code == 200
    words = list_words(language)
    assert words["proof_page"] in answer.text
    assert f'data-key="proof_answer_proved">{words["proof_answer_proved"]}<' in answer.text
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


def test_the_words_are_there_for_the_button_of_other_pages(desk: Desk) -> None:
    assert fetch(desk, "/proof/words.json?lang=ko").json() == list_words("ko")


def test_every_sentence_of_the_scripts_has_its_words() -> None:
    texts = load_texts()
    named = {key for script in SCRIPTS for key in find_keys(script.read_text("utf-8"))}
    assert len(named) > 60
    assert sorted(named - texts.keys()) == []


def find_keys(script: str) -> set[str]:
    """Return the keys of the texts that a script names, in full or as what a check says."""
    full = {key for found in re.finditer(r'"(proof_\w+)"', script) for key in found.groups()}
    broken = {found[1] for found in BROKEN.finditer(script)}
    held = {found[1] for found in re.finditer(r'says: "(\w+)"', script)}
    return {each for each in full if not each.endswith("_")} | {
        f"proof_says_{each}" for each in broken | held
    }


def test_no_sentence_is_left_over() -> None:
    everything = "".join(script.read_text("utf-8") for script in SCRIPTS)
    templates = (STATIC.parent / "templates").rglob("*.html")
    everything += "".join(template.read_text("utf-8") for template in templates)
    composed = tuple(
        f"proof_{part}_" for part in ("check", "flaw", "claim", "answer", "kind", "word")
    )
    unused = [
        key
        for key in list_words("en")
        if not key.startswith(composed) and key.removeprefix("proof_says_") not in everything
    ]
    assert unused == []


def test_both_languages_name_the_same_values() -> None:
    english, korean = list_words("en"), list_words("ko")
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", korean[key])), key


def read_import_map(page: str) -> dict[str, str]:
    found = re.search(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)
    assert found
    imports: dict[str, str] = json.loads(found[1])["imports"]
    prefix = "data:text/javascript;base64,"
    return {
        name: b64decode(address.removeprefix(prefix)).decode() for name, address in imports.items()
    }


def test_the_saved_page_holds_every_module_that_it_needs(desk: Desk) -> None:
    answer = fetch(desk, "/proof/page.html?lang=en")
    assert "attachment" in answer.headers["content-disposition"]
    modules = read_import_map(answer.text)
    assert set(modules) == {NAME_PREFIX + path for path in find_modules()}
    assert {NAME_PREFIX + ENTRY, "dure/proof/verify.js", "dure/wire.js"} <= set(modules)
    named = {
        name
        for text in modules.values()
        for name in re.findall(r"""(?:\bfrom|\bimport\()\s*["'](dure/[^"']+)["']""", text)
    }
    assert {each for each in named if "/vendor/" not in each} <= set(modules)
    assert not re.search(r'(?:src|href)="/', answer.text)


def test_the_saved_page_knows_no_chain_by_itself(desk: Desk) -> None:
    page = fetch(desk, "/proof/page.html").text
    assert desk.chain.executor.chain_id.hex() not in page
    assert "data-own" not in page.partition("<script")[2].partition("</script>")[2]
