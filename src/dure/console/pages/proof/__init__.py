"""The proof page: everything that it checks, it checks in the browser (`static/proof/`)."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dure.console.language import choose_language, load_texts
from dure.console.pages.proof.standalone import join_scripts, join_styles
from dure.console.rendering import HEADERS
from dure.console.site import Entry, Group, Page, Site

PREFIX: Final = "proof_"
SAVED_AS: Final = "dure-proof-page.html"


def list_words(language: str) -> Mapping[str, str]:
    """Return the sentences that the page's scripts put together, their {names} left open."""
    texts = load_texts()
    return {key: text[language] for key, text in texts.items() if key.startswith(PREFIX)}


async def show_proof(site: Site, request: Request) -> Response:
    words = list_words(choose_language(request))
    return site.renderer.render(request, "proof/page.html", words=words)


async def answer_words(_site: Site, request: Request) -> Response:
    """Answer with the sentences alone, for the verify button of other pages."""
    content = msgspec.json.encode(list_words(choose_language(request)))
    return Response(content, headers=HEADERS, media_type="application/json")


async def save_page(site: Site, request: Request) -> Response:
    """Answer with the page as one file that needs nothing else, to be kept."""
    answer = site.renderer.render(
        request,
        "proof/standalone.html",
        words=list_words(choose_language(request)),
        styles=join_styles(),
        scripts=join_scripts(),
    )
    answer.headers["content-disposition"] = f'attachment; filename="{SAVED_AS}"'
    return answer


PAGES: Final = (
    Page("/proof", show_proof, menu=Entry(Group.PROOF, "proof_page")),
    Page("/proof/words.json", answer_words, is_live=False),
    Page("/proof/page.html", save_page, is_live=False),
)
