"""Who may ask the phone's pages for anything: the browser of this device, on these pages alone.

Another site's page cannot make them do anything: the host must be this device, and every form
carries a secret of this process.
"""

import hmac
from secrets import token_urlsafe
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dure.apps.chain_id.rendering import HEADERS, Handler, render
from dure.core.errors import AccessDenied, DureError

FORM_BYTES_MAX: Final = 8_192
FIELDS_MAX: Final = 30


class Gate:
    """One process's pages. `host` stands in the `Host` header of the device's own browser."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.token = token_urlsafe(32)

    def guard(self, handler: Handler) -> Handler:
        """Return a page that refuses other hosts, and says as a page what went wrong."""

        async def handle(request: Request) -> Response:
            if not self._is_here(request):
                return Response(status_code=421)
            try:
                return await handler(request)
            except DureError as problem:
                return render(request, "problem.html", "phone", status=400, message=problem.message)

        return handle

    def guard_order(self, handler: Handler) -> Handler:
        """Return what a page's script asks: as `guard`, with problems as JSON."""

        async def handle(request: Request) -> Response:
            if not self._is_here(request):
                return Response(status_code=421)
            try:
                return await handler(request)
            except DureError as problem:
                body = {"code": problem.code, "message": problem.message}
                return JSONResponse({"error": body}, 400, headers=dict(HEADERS))

        return handle

    async def read_form(self, request: Request) -> dict[str, list[str]]:
        """Return a form of these pages; raise `AccessDenied` for any other."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                raise AccessDenied(f"a form has at most {FORM_BYTES_MAX} bytes")
        try:
            form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=FIELDS_MAX)
        except ValueError as problem:
            raise AccessDenied("the form cannot be read") from problem
        if not hmac.compare_digest(get_field(form, "token").encode(), self.token.encode()):
            raise AccessDenied("that form is not of this page: open it again")
        return form

    def _is_here(self, request: Request) -> bool:
        return request.headers.get("host") == self._host


def get_field(form: dict[str, list[str]], name: str) -> str:
    """Return one field of a form, empty where it has none."""
    return form.get(name, [""])[0]


def get_bytes(form: dict[str, list[str]], name: str) -> bytes:
    """Return one field of a form, which holds bytes in hexadecimal; raise `AccessDenied`."""
    try:
        return bytes.fromhex(get_field(form, name))
    except ValueError as problem:
        raise AccessDenied(f"{name} is not hexadecimal") from problem
