"""A page that is left before its way to the node is open is left without a word."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

import dure.console
from tests.e2e.browser.looking import look

HERE: Final = Path(dure.console.__file__).parent
HEAD: Final = (
    b'<!doctype html><html lang="en"><head><title>Silent</title><link rel="icon" href="data:,">'
)
# The scripts of every page, in their order, which matters here.
SCRIPTS: Final = "".join(
    script
    for name in ("frame.html", "shell.html")
    for script in re.findall(
        r"<script [^>{]*></script>", (HERE / "templates" / name).read_text("utf-8")
    )
)
PAGES: Final = {
    "/": HEAD
    + SCRIPTS.encode()
    + b'</head><body><span id="live" hx-ws:connect="/live" hx-swap="none"></span></body></html>',
    "/next": HEAD + b"</head><body></body></html>",
}


class Silent(SimpleHTTPRequestHandler):
    """Serves the console's own scripts, and never answers a viewer."""

    def __init__(self, asked: threading.Event, left: threading.Event, *given: object) -> None:
        self.asked, self.left = asked, left
        super().__init__(*given, directory=HERE.as_posix())  # type: ignore[arg-type]  # passed on

    def do_GET(self) -> None:
        """Answer a file or the page; hold who asks for what is new."""
        if self.path == "/live":
            self.asked.set()
            self.left.wait(60)
        elif self.path in PAGES:
            body = PAGES[self.path]
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            super().do_GET()

    def log_message(self, *_given: object) -> None:
        """Say nothing of each request."""


@contextmanager
def serve_silently() -> Iterator[tuple[str, threading.Event]]:
    """Serve a page whose connection never opens; yield its address, and what says it was asked."""
    asked, left = threading.Event(), threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, asked, left)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            left.set()
            server.shutdown()
            thread.join()


def test_a_page_left_before_it_is_connected_complains_of_nothing(browser: Browser) -> None:
    if not (HERE / "static/vendor/htmx/hx-ws.min.js").is_file():
        pytest.skip("htmx was not fetched: python -m scripts.fetch_assets")
    with serve_silently() as (base, asked):
        # Of what a page says when it is left, the browser tells where its window is closed too.
        with look(browser, base) as window:
            window.open("/")
            assert asked.wait(60)
        with look(browser, base) as window:
            window.open("/")
            window.open("/next")
