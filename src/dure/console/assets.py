"""What pages load: own modules and styles, and what the build fetched into `static/vendor`.

Everything under `static` with a known ending is served, and nothing else. The files are read once,
so that no request reaches the disk, and each has its digest as its tag: a browser asks whether it
is still the same and gets 304.
"""

from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dure.console.rendering import HEADERS

MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_FOLDER: Final = Path(__file__).parent / "static"


class _Asset(NamedTuple):
    content: bytes
    media_type: str
    tag: str


class Assets:
    """The files of `static`, by their path below it."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files = {
            file.relative_to(folder).as_posix(): _read(file)
            for file in sorted(folder.rglob("*"))
            if file.suffix in MEDIA_TYPES and file.is_file()
        }

    def __contains__(self, path: str) -> bool:
        """Say whether a file is there; of `vendor/…` a machine without npm has none."""
        return path in self._files

    async def answer(self, request: Request) -> Response:
        """Answer with a file; its name is the whole path below `static`."""
        asset = self._files.get(request.path_params["path"])
        if asset is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = HEADERS | {"cache-control": "no-cache", "etag": asset.tag}
        if request.headers.get("if-none-match") == asset.tag:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(asset.content, headers=headers, media_type=asset.media_type)


def _read(file: Path) -> _Asset:
    content = file.read_bytes()
    return _Asset(content, MEDIA_TYPES[file.suffix], f'"{sha256(content).hexdigest()[:32]}"')
