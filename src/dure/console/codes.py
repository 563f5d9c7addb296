"""Codes that a camera reads (ISO/IEC 18004), drawn as a picture without anything that could run.

What may be drawn is a request for a payment (`dure:…`, `static/wallet/uri.js`) and nothing else, so
that nobody can have a node show the way to somewhere else.

Drawing one takes up to a tenth of a second of a processor: it is done beside the event loop, one at
a time, and whoever would have to wait for too many others is refused.
"""

import asyncio
import io
import re
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

import segno

from dure.core.address import TEXT_LENGTH, decode_address
from dure.core.errors import InvalidEncoding, NodeBusy

REQUEST_LENGTH_MAX: Final = 5 + TEXT_LENGTH + 71 + 71 + 27 + 6 + 9 * 60
"""The longest that the wallet writes: scheme, address, chain, asset, amount, 60 letters of memo."""
_SCHEME: Final = "dure:"
_QUERY: Final = re.compile(
    r"\?(?:(?:chain|asset|amount|memo)=[A-Za-z0-9%._~!*'()-]{1,900}(?:&(?!$)|$)){1,4}"
)
_CODES_KEPT: Final = 256
_WAITING_MAX: Final = 16
_RETRY_MS: Final = 1_000
_QUIET_ZONE: Final = 4


@lru_cache(maxsize=_CODES_KEPT)
def draw_request(text: str) -> bytes:
    """Return a request for a payment as SVG, black on white; raise `InvalidEncoding`."""
    validate_request(text)
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(
        picture, kind="svg", border=_QUIET_ZONE, dark="#000", light="#fff", xmldecl=False
    )
    return picture.getvalue()


class Painter:
    """Draws requests in a thread of its own, one at a time. Used on one event loop at a time."""

    def __init__(self, wait_s: float = 2.0) -> None:
        """`wait_s` is how long a picture may take, the ones before it included."""
        self._wait_s = wait_s
        self._waiting = 0
        self._hand = ThreadPoolExecutor(max_workers=1, thread_name_prefix="codes")

    async def draw(self, text: str) -> bytes:
        """Return as `draw_request`; raise `InvalidEncoding`, `NodeBusy`."""
        validate_request(text)
        if self._waiting >= _WAITING_MAX:
            raise NodeBusy("many codes are being drawn just now", retry_after_ms=_RETRY_MS)
        self._waiting += 1
        try:
            drawing = asyncio.get_running_loop().run_in_executor(self._hand, draw_request, text)
            return await asyncio.wait_for(drawing, self._wait_s)
        except TimeoutError as error:
            message = "the code was not drawn in time"
            raise NodeBusy(message, retry_after_ms=_RETRY_MS) from error
        finally:
            self._waiting -= 1


def validate_request(text: str) -> None:
    """Raise `InvalidEncoding` unless the text asks for a payment to an address."""
    rest = text.removeprefix(_SCHEME)
    if len(text) > REQUEST_LENGTH_MAX or rest == text:
        raise InvalidEncoding(f"a code begins with {_SCHEME} and is {REQUEST_LENGTH_MAX} long")
    decode_address(rest[:TEXT_LENGTH])
    query = rest[TEXT_LENGTH:]
    if query and not _QUERY.fullmatch(query):
        raise InvalidEncoding("a code names chain, asset, amount and memo, each once, and no more")
