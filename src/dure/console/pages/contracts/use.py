"""Asking and calling a contract by forms that are made from its interface.

Questions go to the API, calls are signed in the browser (`static/contracts/forms.js`). What is to
be signed is checked here once more before: what does not fit costs the caller nothing then.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.contracts import encode_json_arguments
from dure.api.answers.shapes import Answer
from dure.api.http.access import get_client
from dure.api.routes.operation import answer_json, read_address, read_json
from dure.console.facts.forms import CALLED, build_forms, find_money
from dure.console.pages.contracts.contract import read_contract
from dure.console.site import Page, Site
from dure.core.errors import InvalidEncoding, NotFound
from dure.proof.json_form import Json


class CheckAnswer(Answer, frozen=True):
    """Whether arguments fit a method."""

    problem: str
    """What does not fit, beginning with the parameter; empty where all does."""
    arguments: str
    """Canonical bytes of the arguments; empty where they do not fit."""


async def show_use(site: Site, request: Request) -> Response:
    address, interface, values = await read_contract(site, request)
    money = find_money(site.gateway.executor.view(), address, interface)
    forms = build_forms(interface, values["reading"], money)
    return site.renderer.render(
        request,
        "contracts/use.html",
        **values,
        asked=[form for form in forms if form.is_asked],
        called=[form for form in forms if not form.is_asked],
    )


async def check_arguments(site: Site, request: Request) -> Response:
    """Answer whether a call's arguments fit; nothing is called."""
    site.access.addresses.take(get_client(request))
    interface = site.contracts.get_interface(read_address(request.path_params["address"]))
    method = request.path_params["method"]
    if method not in interface.methods or interface.methods[method].kind != CALLED:
        raise NotFound("the contract has no method of that name that people call")
    given = await read_json(request, dict[str, Json])
    try:
        data = encode_json_arguments(interface, method, given)
    except InvalidEncoding as problem:
        return answer_json(CheckAnswer(problem.message, ""))
    return answer_json(CheckAnswer("", data.hex()))


PAGES: Final = (
    Page("/contracts/{address}/use", show_use),
    Page("/contracts/{address}/check/{method}", check_arguments, methods=("POST",)),
)
