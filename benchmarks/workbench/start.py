"""From nothing to the first page: makes a fresh workspace with an operation, serves it, signs in, loads the page.

python benchmarks/workbench/start.py
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

RUN = [sys.executable, "-m", "fairlead"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        place = str(Path(folder) / "workspace")
        begun = time.perf_counter()
        subprocess.run([*RUN, "init", place], check=True, capture_output=True)
        subprocess.run(
            [*RUN, "operation", "new", "first", "--lead", "DK", "--workspace", place],
            check=True,
            capture_output=True,
        )
        made = time.perf_counter()
        server = subprocess.Popen(
            [*RUN, "serve", "--demo", "--workspace", place, "--port", str(port), "--json"],
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            link = json.loads(server.stdout.readline())["sign_in"]
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            page = ask(browser, link)
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
            form = urllib.request.Request(  # noqa: S310 - the server this script started
                link, data=f"csrfmiddlewaretoken={token}".encode(), headers={"Referer": link}
            )
            shown = browser.open(form, timeout=60).read().decode()
            ended = time.perf_counter()
            assert "first" in shown
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
    print(f"workspace and operation {made - begun:.1f} s, serve to the operation's page {ended - made:.1f} s")


def ask(browser: urllib.request.OpenerDirector, link: str) -> str:
    for _ in range(600):
        try:
            return browser.open(link, timeout=10).read().decode()
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the workbench did not answer")


if __name__ == "__main__":
    main()
