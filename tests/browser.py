# SPDX-License-Identifier: MIT
"""A headless Chromium for the tests of pages: what it asked for outside, and what its console complained of."""

import contextlib
import shutil
from urllib.parse import urlsplit

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
INSIDE = "127.0.0.1", "localhost", ""  # hosts of this computer; "" of a file, of data and of blobs
MISSING = "chromium: not installed, make test does it"


def missing():
    """Whether there is no Chromium here."""
    return shutil.which("chromium") is None


class Watched:
    """A page of the browser. outside: addresses asked for elsewhere; complaints: errors of the console and of scripts."""

    def __init__(self, page):
        self.page, self.outside, self.complaints = page, [], []
        page.on("request", self._asked)
        page.on("console", lambda it: self.complaints.append(it.text) if it.type in ("error", "warning") else None)
        page.on("pageerror", lambda it: self.complaints.append(str(it)))

    def _asked(self, request):
        if (urlsplit(request.url).hostname or "") not in INSIDE:
            self.outside.append(request.url)


@contextlib.contextmanager
def opened(width=1200, height=1300, **options):
    """A Watched page of a browser of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        try:
            yield Watched(browser.new_page(viewport=dict(width=width, height=height), **options))
        finally:
            browser.close()
