"""What a reader settles on: a form whose answer is cookies, and nothing is kept here."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dure.api.http.errors import InvalidRequest, RequestTooLarge, WrongOrigin
from dure.console.settings import (
    KEPT_S,
    LANGUAGE_COOKIE,
    ROWS_CHOICES,
    ROWS_COOKIE,
    THEME_COOKIE,
    THEMES,
    ZONE_COOKIE,
    ZONES,
    parse_settings,
)
from dure.console.site import Entry, Group, Page, Site

FORM_BYTES_MAX: Final = 1_024
COOKIES: Final = {
    "language": LANGUAGE_COOKIE,
    "theme": THEME_COOKIE,
    "zone": ZONE_COOKIE,
    "rows": ROWS_COOKIE,
}
"""By the name of the form's field."""


async def show_settings(site: Site, request: Request) -> Response:
    answer = site.renderer.render(
        request,
        "settings/settings.html",
        themes=THEMES,
        zones=ZONES,
        row_choices=ROWS_CHOICES,
        saved="saved" in request.query_params,
    )
    # The form says which page it comes from, so that the gate can tell it from another site's.
    answer.headers["referrer-policy"] = "same-origin"
    return answer


async def keep_settings(_site: Site, request: Request) -> Response:
    """Keep the form's known choices in the browser; raise `WrongOrigin`, `InvalidRequest`."""
    if "origin" not in request.headers:
        raise WrongOrigin("the browser does not say which page sent this form")
    given = await _read_form(request)
    settings = parse_settings({COOKIES[name]: given.get(name, "") for name in COOKIES})
    answer = RedirectResponse(f"/settings?{urlencode({'saved': 1})}", HTTPStatus.SEE_OTHER)
    values = (settings.language or "", settings.theme, settings.zone, str(settings.rows))
    for cookie, value in zip(COOKIES.values(), values, strict=True):
        # Scripts of this origin read them: the theme switch, and what writes times.
        answer.set_cookie(cookie, value, max_age=KEPT_S, samesite="lax", path="/")
    return answer


async def _read_form(request: Request) -> dict[str, str]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > FORM_BYTES_MAX:
            raise RequestTooLarge("the form has four short fields", bytes_max=FORM_BYTES_MAX)
    try:
        return dict(parse_qsl(content.decode("ascii"), max_num_fields=8))
    except ValueError:
        raise InvalidRequest("this page takes its own form only") from None


PAGES: Final = (
    Page("/settings", show_settings, menu=Entry(Group.SETTINGS, "menu_settings")),
    Page("/settings", keep_settings, methods=("POST",)),
)
