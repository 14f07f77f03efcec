"""A real browser before our own server: one thread serves, the clock and the story stay with the test."""
from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "var" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), "")
LARGE = os.environ.get("XIELI_SIZE") == "large"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def serving() -> Any:
    """Our WSGI application on a free port of this machine; each request gives its database connection back."""
    from django.conf import settings
    from django.db import connection

    from xieli.server.wsgi import application

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver keeps an event loop in this thread
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "127.0.0.1"]

    def app(environ: Any, start_response: Any) -> Any:
        try:
            answer = application(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                # a file's answer that is not closed is closed by the collector, in the middle of another request of that
                # thread, and takes its database connection along
                if hasattr(answer, "close"):
                    answer.close()
        finally:
            connection.close()

    server = make_server("127.0.0.1", 0, app, server_class=_Threads, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Person:
    """One person's own browser window. `errors` collects what the browser complained about."""

    def __init__(self, browser: Any, base: str, stage: Any, code: str, *, language: str = "zh-hans", theme: str = "light", width: int = 1280, script: bool = True) -> None:
        from django.conf import settings
        from django.db import transaction

        from xieli.server.binding import open_demo_session

        self.base, self.errors = base, []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, locale="zh-CN" if language != "en" else "en-GB", timezone_id="Asia/Shanghai")
        with transaction.atomic():
            token = open_demo_session(stage.world.people[code])
        self.context.add_cookies([{"name": n, "value": v, "url": base} for n, v in
                                  ((settings.SESSION_COOKIE, token), (settings.LANGUAGE_COOKIE_NAME, language), ("xieli_theme", theme))])
        self.page = self.context.new_page()
        self.page.set_default_timeout(60000)
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))

    def open(self, path: str) -> Any:
        """Go to an address of ours; the answer."""
        return self.page.goto(self.base + path)

    @property
    def text(self) -> str:
        return str(self.page.locator("body").inner_text())

    def button(self, words: str, n: int = 0) -> None:
        """Press the button that says this."""
        self.page.get_by_role("button", name=words, exact=True).nth(n).click()
        self.page.wait_for_load_state()

    def step(self, words: str) -> None:
        """Take the step of the playbook with this name; a rarer one is unfolded first."""
        step = self.page.locator("form.step", has=self.page.locator("strong", has_text=re.compile(f"^{words}$"))).first
        for fold in step.locator("xpath=ancestor::details[not(@open)]").all():
            fold.locator("> summary").click()
        step.locator("button").first.click()
        self.page.wait_for_load_state()

    def look(self, name: str) -> None:
        """A picture of the whole page to look at while a screen is made (XIELI_SHOTS names a folder)."""
        if os.environ.get("XIELI_SHOTS"):
            self.page.screenshot(path=Path(os.environ["XIELI_SHOTS"]) / f"{name}.png", full_page=True)

    def shot(self, name: str) -> None:
        """A picture of the window for the manual, when one is being made (XIELI_MANUAL=1)."""
        if os.environ.get("XIELI_MANUAL"):
            folder = ROOT / "docs" / "manual" / "img"
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png")

    def close(self) -> None:
        self.context.close()
        assert self.errors == [], self.errors

    def __enter__(self) -> Person:
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self.close()
        else:
            self.context.close()


def faults(page: Any) -> list[str]:
    """What axe-core finds on the page against WCAG 2.2 A and AA, one line per rule and first place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})")
    return [f"{v['id']}: {v['nodes'][0]['target'][0]} ({len(v['nodes'])}) {' '.join(v['nodes'][0]['failureSummary'].split())[:160]}" for v in result["violations"]]


def choose(page: Any, field: str, value: str | None = None) -> None:
    """Choose in a picker's select (the field that is posted) and show the choice as the picker does; without a value the first real one."""
    page.evaluate(
        """([id, value]) => {
            const select = document.getElementById(id), shown = document.getElementById(id + "-find");
            select.value = value ?? Array.from(select.options).find(o => o.value).value;
            if (shown) { shown.value = select.selectedOptions[0].textContent; }
            select.dispatchEvent(new Event("change", { bubbles: true }));
        }""", [field, value])
