"""A story's own scenes, played on the screens: what its people sign, step and hand over by service they do here in a browser.

A scene of a story takes its `Hands` from its module; `played` puts these in their place for as long as the scene lasts, so that
the walk and the story cannot come apart.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest import mock

from tests.e2e.browser import Person
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.ids import from_ref, to_ref


@dataclass
class OnScreen(Hands):
    """Signatures, steps with their forms, hand-overs: by mouse and keyboard, without JavaScript."""

    window: Callable[..., Person]

    def sign(self, person: str, approval: int, verdict: str = "approved", *, reason: str = "") -> str:
        """Open the slip, read it, decide; returns the approval's state."""
        with self._opened(person, f"/approval/{to_ref(approval)}") as signer:
            if reason:
                signer.page.locator("#sign [name=reason]").fill(reason)
            signer.page.locator(f"#sign button[value={verdict}]").click()
            signer.page.wait_for_load_state()
        return str(self.stage.admin.execute("select state from approval where id = %s", [approval]).fetchone()[0])

    def step(self, person: str, matter: int, move: str, *, form: tuple[str, dict[str, Any]] | None = None, reason: str = "", body: str | None = None) -> None:
        """Hand in the form that the move needs, then take the step on the matter's page."""
        at = f"/m/{to_ref(matter)}"
        with self._opened(person, at) as one:
            if form is not None:
                one.open(f"{at}/form/{form[0]}")
                self._fill(one, form[1])
                decides = one.page.locator("select[name=with_step]").count() > 0
                if decides:  # who only decides hands the form in with his decision
                    one.page.select_option("select[name=with_step]", move)
                one.button("提交")
                assert one.page.url.endswith(at), one.text[:600]
                if decides:
                    return
            offered = one.page.locator(f"form.step[action$='/move/{move}']")
            if reason:
                offered.locator("[name=reason]").fill(reason)
            offered.locator("button").click()
            one.page.wait_for_load_state()
            assert "/move/" not in one.page.url, one.text[:600]

    def send(self, person: str, matter: int, receiver: str, reason: str, **options: Any) -> int:
        """The four blocks of the hand-over; the page of the parcel shows its receipt at once."""
        with self._opened(person, f"/m/{to_ref(matter)}/handover") as one:
            one.page.select_option("#receiver", str(self.stage.body(receiver)))
            one.page.locator("#reason").fill(reason)
            one.page.locator("#document_no").fill(options.get("document_no", ""))
            one.page.locator("[name=keep_view]").set_checked(bool(options.get("keep_view")))
            one.page.locator("main button.main").click()
            one.page.wait_for_load_state()
            assert "回执" in one.text, one.text[:600]
            return int(from_ref(one.page.url.rsplit("/", 1)[-1]))

    def _opened(self, person: str, path: str) -> Any:
        one = self.window(person, script=False)
        answer = one.open(path)
        assert answer.status == 200, (person, path, answer.status)
        return one

    def _fill(self, one: Person, data: dict[str, Any]) -> None:
        for name, value in data.items():
            field = one.page.locator(f"[name='{name}']")
            if isinstance(value, bool):
                field.select_option("true" if value else "false")
            elif field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(str(value))
            elif field.get_attribute("type") == "datetime-local":
                field.fill(str(value)[:16])
            else:
                field.fill(str(value))


def played(scene: Callable[[Theatre], None], where: ModuleType, stage: Theatre, window: Callable[..., Person]) -> None:
    """Play one scene of a story with the hands on the screen."""
    with mock.patch.object(where, "Hands", lambda theatre: OnScreen(theatre, window)):
        scene(stage)
