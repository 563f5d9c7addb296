"""Stories of an application, played: their list, one of them step by step, and its record."""

import asyncio
from typing import Final

import msgspec
import rfc8785
from starlette.requests import Request
from starlette.responses import Response

from dure.application import find_story
from dure.console.applications.scenes import build_stage
from dure.console.applications.sections import look_at
from dure.console.applications.words import load_vocabulary
from dure.console.language import choose_language
from dure.console.rendering import HEADERS
from dure.console.site import Page, Site
from dure.core.errors import NotFound
from dure.testing.recording import encode_record

STEP_DIGITS_MAX: Final = 6


async def list_stories(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    return site.renderer.render(
        request,
        "stories/list.html",
        application=seen.application,
        words=seen.words,
        seen=seen,
    )


async def show_story(site: Site, request: Request) -> Response:
    seen = await look_at(site, request)
    name = request.path_params["story"]
    story = find_story(seen.application, name)
    record = await site.player.play(seen.application, name)
    words = load_vocabulary(seen.application, choose_language(request), list(record.words.values()))
    stage = await asyncio.to_thread(build_stage, record, words, seen.translate)
    stories = [each.__name__ for each in seen.application.stories]
    place = stories.index(story.__name__)
    return site.renderer.render(
        request,
        "stories/story.html",
        application=seen.application,
        words=words,
        seen=seen,
        name=story.__name__,
        record=record,
        stage=stage,
        following=stories[place + 1] if place + 1 < len(stories) else None,
    )


async def send_record(site: Site, request: Request) -> Response:
    """Answer with the whole record, as `dure demo stories --record` writes it."""
    application = site.find_application(request.path_params["slug"])
    record = await site.player.play(application, request.path_params["story"])
    return _send_file(encode_record(record), f"{application.slug}-{record.name}.json")


async def send_proof(site: Site, request: Request) -> Response:
    """Answer with the proof file of one step."""
    application = site.find_application(request.path_params["slug"])
    record = await site.player.play(application, request.path_params["story"])
    text = request.path_params["step"]
    is_number = text.isascii() and text.isdigit() and len(text) <= STEP_DIGITS_MAX
    proof = next(
        (each.proof for each in record.steps if is_number and each.number == int(text)), None
    )
    if proof is None:
        raise NotFound("the story has no step of that number, or it came into no block")
    # The bytes of a proof file are canonical: they are written as every node writes them.
    return _send_file(rfc8785.dumps(msgspec.to_builtins(proof)), f"proof-{record.name}-{text}.json")


def _send_file(content: bytes, name: str) -> Response:
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type="application/json")


PAGES: Final = (
    Page("/apps/{slug}/stories", list_stories),
    Page("/apps/{slug}/stories/{story}", show_story, is_live=False),
    Page("/apps/{slug}/stories/{story}/record.json", send_record, is_live=False),
    Page("/apps/{slug}/stories/{story}/proofs/{step}.json", send_proof, is_live=False),
)
