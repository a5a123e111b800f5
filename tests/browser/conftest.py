"""A served made-up operation, and a browser. Without Chromium the tests say so and are skipped."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = "127.0.0.1"
CAST = (
    ("holm", "lead_officer", "*"),
    ("lund", "lead_officer", "*"),
    ("juhl", "analyst", "*"),
    ("iversen", "examiner", "*"),
    ("berg", "liaison", "SE"),
    ("palm", "press", "*"),
    ("dahl", "legal_adviser", "*"),
)
SHOTS = os.environ.get("FAIRLEAD_SCREENSHOTS")
"""A folder: the tests leave pictures of the pages there, for docs/images."""


def chromium() -> str | None:
    return os.environ.get("FAIRLEAD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def fairlead(*arguments: str | Path, **more: str) -> dict[str, Any]:
    """One command in a process of its own, with its JSON answer."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")} | more
    done = subprocess.run(
        [sys.executable, "-m", "fairlead", *map(str, arguments), "--json"],
        capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@dataclass(kw_only=True)
class Served:
    """A running workbench: where it is, who is signed in, and every foreign request."""

    url: str
    workspace: Path
    browser: Any
    pages: dict[str, Any] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    pixels: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def visit(self, name: str, *, dark: bool = False, phone: bool = False) -> Any:
        """The page of somebody, signed in with a link and a second factor; the same page every time."""
        if name not in self.pages:
            self.pages[name] = page = self.follow_link(name)
            self._enrol(page)
        page = self.pages[name]
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": 390, "height": 844} if phone else {"width": 1360, "height": 900})
        return page

    def first_link(self, page: Any, path: str) -> str:
        """Where the first row of a list leads, or nowhere when this person has no such list."""
        if page.goto(self.url + path).status != 200:
            return ""
        return str(page.eval_on_selector_all("tbody a", "all => all.length ? all[0].href : ''"))

    def follow_link(self, name: str, *, url: str = "") -> Any:
        """A fresh browser window in which somebody has used a sign-in link, and nothing more."""
        page = self.browser.new_context().new_page()
        page.set_default_timeout(15_000)
        page.on("request", self._watch)
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda problem: self.errors.append(str(problem)))
        path = fairlead("sign-in-link", "--workspace", self.workspace, "--user", name)["path"]
        page.goto((url or self.url) + path)
        page.click("#sign-in")
        page.wait_for_load_state()
        return page

    def _enrol(self, page: Any) -> None:
        assert "/account/second-factor/" in page.url, "without a second factor nobody gets further"
        page.goto(self.url + "/account/second-factor/totp/activate/")
        page.fill("#id_code", totp(page.inner_text("#totp-secret").strip()))
        page.click("main button:not(.second)")
        page.wait_for_load_state()
        page.goto(self.url + "/")
        assert "/second-factor/" not in page.url

    def _watch(self, request: Any) -> None:
        here = (self.url, self.url.replace(LOOPBACK, "localhost"))
        if not request.url.startswith((*here, *("blob:" + place for place in here), "data:")):
            self.strangers.append(request.url)
        if "/review/picture/" in request.url:
            self.pixels.append(request.url)

    def shoot(self, page: Any, name: str, *, whole: bool = False) -> None:
        """Leave a picture of the page when asked to."""
        if SHOTS:
            target = Path(SHOTS) / f"{name}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(target), full_page=whole)


def totp(secret: str, at: float | None = None) -> str:
    """RFC 6238, six digits, thirty seconds; waits out a step that is about to end."""
    now = time.time() if at is None else at
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(now) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo's operation at a small scale, served as an agency would: second factors are asked for.

    Of one module: an open Playwright leaves a running event loop, in which Django refuses to work.
    """
    program = chromium()
    if program is None:
        pytest.skip("no Chromium on this computer; name one in FAIRLEAD_CHROMIUM")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("browser")
    if made := os.environ.get("FAIRLEAD_MADE_DEMO"):
        subprocess.run(
            ["cp", "-a", made, str(folder / "demo")], check=True
        )  # a finished demo, to save a minute
    else:
        fairlead("demo", "--workspace", folder / "demo", "--scale", "0.2")
    workspace = folder / "demo" / "denmark"
    for name, role, country in CAST:
        fairlead("grant", name, "--role", role, "--country", country, "--workspace", workspace)
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "fairlead", "serve", "--workspace", str(workspace), "--port", str(port)],
        env=env, stdout=subprocess.DEVNULL, stderr=(folder / "server.log").open("w"),
    )  # fmt: skip
    url = f"http://{LOOPBACK}:{port}"
    try:
        wait_for(url + "/sign-in/")
        with sync_playwright() as play:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = play.chromium.launch(executable_path=program, args=sandbox)
            yield Served(url=url, workspace=workspace, browser=browser)
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - the server this test started
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the workbench did not start")
