"""Open the built site in a browser, and see that it is whole.

First every page is read as a file: its links and anchors must lead somewhere,
its images, styles and scripts must be on this machine. Then a headless
Chromium opens the pages at the width of a phone: no image may be missing, no
page may be wider than the screen, nothing may be asked of another machine, and
a search must find something. Screenshots are for the eye::

    python docs/check_site.py docs/_build --screenshots screenshots

Chromium is driven through its chromedriver, by the WebDriver protocol.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
SHOWN = ["index.html", "families.html", "examples/choose_and_fit.html", "api/estimators.html"]
SHOWN += ["api/generated/skmixture.PoissonMixture.html"]
SEARCHED = "bootstrap"
ATTEMPTS = 5
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
OPTIONS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# What a page is asked: images that did not load, and what sticks out of the screen.
MISSING = "return [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
LAZY = "for (const i of document.images) i.loading = 'eager'"
# (The theme scrolls an article within the page, so both are asked; a phone widens innerWidth.)
EXCESS = """
const article = document.querySelector('.bd-article-container');
const inside = article ? article.scrollWidth - article.clientWidth : 0;
return Math.max(inside, document.documentElement.scrollWidth - screen.width);
"""
FOUND = "return document.querySelectorAll('ul.search li').length"


# -- pages as files ------------------------------------------------------------


class Page(HTMLParser):
    """Anchors, links and sources of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors, self.links, self.sources = {""}, [], []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.sources.append(given["href"])
        elif tag in ("img", "script", "iframe", "object", "source"):
            self.sources += [given[key] for key in ("src", "data") if given.get(key)]


def pages_of(site: Path) -> list[Path]:
    """All of them; themes keep templates among what is static."""
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def complaints_of_files(site: Path) -> Iterator[str]:
    """Links and sources that lead nowhere, or off the machine."""
    pages = {path: Page(path.read_text("utf-8")) for path in pages_of(site)}
    for path, page in pages.items():
        name = path.relative_to(site)
        for source in page.sources:
            where = urlsplit(source)
            if where.scheme == "data":
                continue
            if where.netloc:
                yield f"{name}: {source} is on another machine"
            elif not (path.parent / unquote(where.path)).exists():
                yield f"{name}: {source} is missing"
        for link in page.links:
            where = urlsplit(link)
            if where.scheme or where.netloc:
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            if not target.exists():
                yield f"{name}: {link} leads nowhere"
            elif target in pages and unquote(where.fragment) not in pages[target].anchors:
                yield f"{name}: {link} has no such anchor"


# -- a browser -----------------------------------------------------------------


class Browser:
    """A session of WebDriver."""

    def __init__(self, driver: str, size: tuple[int, int]) -> None:
        self._driver = driver
        metrics = {"width": size[0], "height": size[1], "pixelRatio": 1.0}
        options = {"args": OPTIONS, "mobileEmulation": {"deviceMetrics": metrics}}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        self._session = ""
        made = self._call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/{made['sessionId']}"

    def _call(self, method: str, path: str, data: dict | None = None) -> object:
        request = Request(
            f"{self._driver}/session{self._session}{path}",
            json.dumps(data or {}).encode() if method == "POST" else None,
            {"Content-Type": "application/json"},
            method=method,
        )
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _patiently(self, path: str, data: dict) -> object:
        """A call that is tried again: a machine that is busy may miss the end of loading."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._call("POST", path, data)
            except HTTPError:
                time.sleep(1.0)
        return self._call("POST", path, data)

    def open(self, address: str) -> None:
        self._patiently("/url", {"url": address})

    def run(self, script: str) -> object:
        return self._patiently("/execute/sync", {"script": script, "args": []})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def asked(self) -> set[str]:
        """Addresses that were asked for since the last call."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return {
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        }

    def close(self) -> None:
        self._call("DELETE", "")


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of the site, on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextmanager
def driven(chromedriver: str, port: int = 0) -> Iterator[str]:
    """The address of a driver of Chromium."""
    command = [chromedriver, f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            for line in process.stdout:
                if b"started successfully on port" in line:
                    port = int(line.split()[-1].rstrip(b"."))
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


# -- pages in the browser ------------------------------------------------------


def waited(browser: Browser, script: str, seconds: float = 10.0) -> object:
    """What a script returns once that is true, or at last."""
    end = time.monotonic() + seconds
    while not (answer := browser.run(script)) and time.monotonic() < end:
        time.sleep(0.1)
    return answer


def complaints_of_pages(site: Path, address: str, browser: Browser) -> Iterator[str]:
    """What is wrong with pages once they are drawn, and with the search."""
    for path in pages_of(site):
        name = path.relative_to(site).as_posix()
        browser.open(f"{address}/{name}")
        browser.run(LAZY)
        waited(browser, "return [...document.images].every(i => i.complete)")
        yield from (f"{name}: {image} did not load" for image in browser.run(MISSING))
        excess = browser.run(EXCESS)
        if excess > 0:
            yield f"{name}: wider than a phone by {excess} pixels"
        elsewhere = {url for url in browser.asked() if not url.startswith((address, "data:"))}
        yield from (f"{name}: asks for {url}" for url in sorted(elsewhere))
    browser.open(f"{address}/search.html?q={SEARCHED}")
    if not waited(browser, FOUND):
        yield f"search.html: nothing is found for {SEARCHED!r}"


def main() -> None:
    """Complain, and draw pages for the eye."""
    parser = argparse.ArgumentParser(description="Check the built site in a browser.")
    parser.add_argument("site", type=Path)
    parser.add_argument("--screenshots", type=Path, help="folder of pictures of some pages")
    options = parser.parse_args()
    site = options.site.resolve()
    complaints = list(complaints_of_files(site))
    chromedriver = shutil.which("chromedriver")
    if chromedriver is None:
        sys.exit("chromedriver is not on the path; it comes with Chromium's driver")
    with served(site) as address, driven(chromedriver) as driver:
        for kind, size in WIDTHS.items():
            browser = Browser(driver, size)
            try:
                if kind == "phone":
                    complaints += complaints_of_pages(site, address, browser)
                for name in SHOWN if options.screenshots else []:
                    options.screenshots.mkdir(parents=True, exist_ok=True)
                    browser.open(f"{address}/{name}")
                    browser.screenshot(options.screenshots / f"{Path(name).stem}-{kind}.png")
            finally:
                browser.close()
    print(*complaints, sep="\n")
    print(f"{len(pages_of(site))} pages, {len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    try:
        main()
    except (HTTPError, URLError) as error:
        detail = error.read().decode()[:500] if isinstance(error, HTTPError) else error.reason
        sys.exit(f"the browser would not: {detail}")
