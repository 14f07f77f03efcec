"""A story's own scenes, played on the screens: what its people open, fill in, sign, step and hand over by service they do here in a browser.

A scene of a story takes its `Hands` (or `Officers`) from its module; `played` puts these in their place for as long as the scene
lasts, so that the walk and the story cannot come apart. A refusal that a story asserts is met on the screen: `refuses` fills in what
the story says, sees it refused there, and holds the words on the screen against what the service says.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import ModuleType
from typing import Any
from unittest import mock

from django.db import transaction

from tests.e2e.browser import Person
from xieli.engines.playbooks.model import Form, FormField
from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.ids import from_ref, to_ref
from xieli.office.matters.services import known
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import shipped

Filled = tuple[str, dict[str, Any]]
UNFOLD = "e => { e.querySelectorAll('details').forEach(d => { d.open = true; }); for (let d = e; d; d = d.parentElement) { if (d.tagName === 'DETAILS') { d.open = true; } } }"


@dataclass
class OnScreen(Officers):
    """Matters, forms, signatures, steps, hand-overs: by mouse and keyboard, without JavaScript. A person's window stays open between his acts."""

    window: Callable[..., Person]
    windows: dict[str, Person] = field(default_factory=dict)

    def sign(self, person: str, approval: int, verdict: str = "approved", *, reason: str = "") -> str:
        """Open the slip, read it, decide; returns the approval's state."""
        signer = self._opened(person, f"/approval/{to_ref(approval)}")
        if reason:
            signer.page.locator("#sign [name=reason]").fill(reason)
        signer.page.locator(f"#sign button[value={verdict}]").click()
        signer.page.wait_for_load_state()
        return str(self.stage.admin.execute("select state from approval where id = %s", [approval]).fetchone()[0])

    def ask(self, person: str, matter: int, act: str, what: dict[str, Any] | None = None, *, reason: str = "", urgent: bool = False, collective_no: str = "") -> int:
        """Ask for an approval on its form; what a story says beyond the act itself (an amount, a side) goes by service."""
        if what or collective_no:
            return super().ask(person, matter, act, what, reason=reason, urgent=urgent, collective_no=collective_no)
        one = self._opened(person, f"/m/{to_ref(matter)}/ask/{act}")
        one.page.locator("#content").fill(reason or "请审批")
        one.page.locator("#reason").fill(reason)
        one.page.locator("[name=urgent]").set_checked(urgent)
        one.page.locator("main button.main").click()
        one.page.wait_for_load_state()
        assert one.page.url.endswith(f"/m/{to_ref(matter)}"), one.text[:600]
        return int(self.stage.admin.execute("select id from approval where matter_id = %s and act = %s order by requested_at desc, id desc limit 1", [matter, act]).fetchone()[0])

    def open(self, person: str, kind: str, title: str, *, owner: str, room: str | None = None, **fields: Any) -> int:
        """Open a matter where people open them: of the kinds that he may begin, this one, with its title, its body and whom it involves."""
        one = self._opened(person, "/matters/open")
        one.page.locator(f"a[href='/matters/open/{kind}']").click()
        one.page.locator("#title").fill(title)
        one.page.select_option("#body", str(self.stage.body(owner)))
        for party, bodies in fields.get("parties", {}).items():
            one.page.select_option(f"#party-{party}", [str(b) for b in bodies])
        one.page.locator("main button.main").click()
        one.page.wait_for_load_state()
        assert "/m/" in one.page.url, one.text[:600]
        return int(from_ref(one.page.url.rsplit("/", 1)[-1]))

    def step(self, person: str, matter: int, move: str, *, form: Filled | None = None, reason: str = "", body: str | None = None) -> None:
        """Hand in the form that the move needs, then take the step on the matter's page."""
        at = f"/m/{to_ref(matter)}"
        one = self._opened(person, at if form is None else f"{at}/form/{form[0]}")
        if form is not None:
            self._fill(one, self._form(matter, form[0]), form[1])
            decides = one.page.locator("select[name=with_step]").count() > 0
            if decides:  # who only decides hands the form in with his decision
                one.page.select_option("select[name=with_step]", move)
            one.button("提交")
            assert one.page.url.endswith(at), one.text[:600]
            if decides:
                return
        offered = one.page.locator(f"form.step[action$='/move/{move}']:not(:has(button:disabled))").first
        offered.evaluate(UNFOLD)
        if reason:
            offered.locator("[name=reason]").fill(reason)
        offered.locator("button").click()
        one.page.wait_for_load_state()
        assert "/move/" not in one.page.url, one.text[:600]

    def refuses(self, person: str, matter: int, move: str, form: Filled | None = None, *, reason: str = "") -> str:
        """The step is refused on the screen, in the words of the service; returns the service's code.

        What cannot even be typed (a computed field, a reporter's name, a form or a step that is not this person's) has no control on the screen.
        """
        code, words = self._why(person, matter, move, form, reason)
        at = f"/m/{to_ref(matter)}"
        one = self._opened(person, at if form is None else f"{at}/form/{form[0]}")
        if form is not None:
            untypable = self._fill(one, self._form(matter, form[0]), form[1])
            if untypable:
                return code
            one.button("提交")
            if not one.page.url.endswith(at):
                assert words in one.text, (words, one.text[:900])
                self._keeps(one, form[1])
                return code
        stands = one.page.locator(f"form.step[action$='/move/{move}']")
        if stands.count() == 0:
            return code
        assert stands.locator("button:disabled").count() == stands.count(), f"{move} is offered"
        told = stands.first.evaluate("e => e.textContent")
        assert words in told, (words, told)
        return code

    def seat(self, person: str, matter: int, whom: str, slot: str) -> None:
        """Seat somebody in the group of a matter, by his name."""
        one = self._opened(person, f"/m/{to_ref(matter)}/team")
        one.page.locator("#person").fill(self._name(self.stage.person(whom)))
        one.page.select_option("#slot", slot)
        one.button("入组")
        assert one.page.locator("[role=alert]").count() == 0, one.text[:600]

    def send(self, person: str, matter: int, receiver: str, reason: str, **options: Any) -> int:
        """The four blocks of the hand-over; the page of the parcel shows its receipt at once."""
        one = self._opened(person, f"/m/{to_ref(matter)}/handover")
        one.page.select_option("#receiver", str(self.stage.body(receiver)))
        one.page.locator("#reason").fill(reason)
        one.page.locator("#document_no").fill(options.get("document_no", ""))
        one.page.locator("[name=keep_view]").set_checked(bool(options.get("keep_view")))
        one.page.locator("main button.main").click()
        one.page.wait_for_load_state()
        assert "回执" in one.text, one.text[:600]
        return int(from_ref(one.page.url.rsplit("/", 1)[-1]))

    def receive(self, person: str, parcel: int, verdict: str = "accepted", **options: Any) -> str:
        """Open a parcel and decide on it there; returns its state."""
        one = self._opened(person, f"/parcel/{to_ref(parcel)}")
        if options.get("room"):
            one.page.locator("#room").select_option(str(options["room"]))
        one.page.locator("#reason").fill(options.get("reason", ""))
        one.page.locator(f"button[name=verdict][value={verdict}]").click()
        one.page.wait_for_load_state()
        return str(self.stage.admin.execute("select state from handover where id = %s", [parcel]).fetchone()[0])

    def figure(self, person: str, code: str, first: str, last: str) -> int:
        """The live figure as this person reads it: on the page that shows its records."""
        one = self._opened(person, f"/reports/metric/{code}?first={first}&last={last}")
        shown = one.page.locator("main dl.figures dd").first.inner_text()
        found = re.search(r"\d+", shown.rsplit("准确数", 1)[-1])
        assert found is not None, shown
        return int(found.group())

    def looks(self, person: str, path: str) -> Person:
        """The person's window, at an address that is open to him."""
        return self._opened(person, path)

    def finds_nothing(self, person: str, path: str) -> bool:
        """The address is answered as one that does not exist, to the byte."""
        one = self._window(person)
        ghost = one.open(re.sub(r"/m/[0-9a-z]{13}", "/m/0000000000000", path))
        there = (ghost.status, ghost.body())
        hidden = one.open(path)
        return bool((hidden.status, hidden.body()) == there and hidden.status == 404)

    # ── what stands behind ──

    def _window(self, person: str) -> Person:
        """The person's window; a new one when his session ended while time passed in the story."""
        found = self.windows.get(person)
        if found is None or not self._alive(found):
            found = self.windows[person] = self.window(person, script=False)
        return found

    def _alive(self, one: Person) -> bool:
        from django.conf import settings

        token = next(c["value"] for c in one.context.cookies() if c["name"] == settings.SESSION_COOKIE)
        return self.stage._alive(token)

    def _opened(self, person: str, path: str) -> Person:
        one = self._window(person)
        answer = one.open(path)
        assert answer.status == 200, (person, path, answer.status)
        return one

    def _form(self, matter: int, form: str) -> Form:
        kind = self.stage.admin.execute("select kind from matter where id = %s", [matter]).fetchone()[0]
        return shipped()[kind].forms[form]

    def _why(self, person: str, matter: int, move: str, form: Filled | None, reason: str) -> tuple[str, str]:
        """The code of the service's refusal, and the Chinese words of the first no on the screen: to the form, else to the step. Nothing of the attempt stays."""
        from xieli.office.matters.services import forms, moves
        from xieli.office.matters.tables.core import Matter

        step = self._refusal(person, lambda: moves.make(Matter.objects.get(pk=matter), move, form=form, reason=reason))
        assert step is not None, f"{move} went through"
        alone = self._refusal(person, lambda: forms.submit(Matter.objects.get(pk=matter), *form)) if form is not None else None
        return step.code, (alone or step).zh

    def _refusal(self, person: str, act: Callable[[], object]) -> Refused | None:
        with self.stage.acts(person):
            try:
                with transaction.atomic():
                    act()
                    transaction.set_rollback(True)
            except Refused as refused:
                return refused
        return None

    def _keeps(self, one: Person, data: dict[str, Any]) -> None:
        """What was typed still stands on the page that says no."""
        for name, value in data.items():
            if isinstance(value, str) and len(value) > 1:
                control = one.page.locator(f"main [name='{name}']")
                if control.count():
                    assert control.input_value()[:10] == value[:10] or control.input_value() != "", name

    def _fill(self, one: Person, form: Form, data: dict[str, Any]) -> list[str]:
        """Type a form; returns the fields that the screen has no control for."""
        nowhere = []
        for name, value in data.items():
            wanted = form.field(name)
            if wanted is not None and wanted.type == "table" and isinstance(value, list):
                self._rows(one, form, wanted, value)
            elif one.page.locator(f"main [name='{name}']").count() == 0:
                nowhere.append(name)
            else:
                self._type(one, form, wanted, name, value)
        return nowhere

    def _rows(self, one: Person, form: Form, table: FormField, rows: list[dict[str, Any]]) -> None:
        columns = {c.code: c for c in table.columns}
        for n, row in enumerate(rows):
            while one.page.locator(f"[name^='{table.code}.{n}.']").count() == 0:
                one.page.locator(f"button[name=_more][value='{table.code}']").click()
                one.page.wait_for_load_state()
            for code, value in row.items():
                self._type(one, form, columns[code], f"{table.code}.{n}.{code}", value)
        n = len(rows)  # a line that the form offered and the story does not answer is emptied
        while one.page.locator(f"[name^='{table.code}.{n}.']").count():
            for left in one.page.locator(f"input[name^='{table.code}.{n}.']:not([value=''])").all():
                left.fill("")
            n += 1

    def _type(self, one: Person, form: Form, wanted: FormField | None, name: str, value: Any) -> None:
        control = one.page.locator(f"main [name='{name}']")
        kind = wanted.type if wanted is not None else "text"
        if kind == "choices":
            for box in value:
                one.page.locator(f"main [name='{name}'][value='{box}']").check()
        elif kind in ("choice", "body", "boolean"):
            control.select_option({True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value))
        elif kind == "datetime":
            control.fill(str(value)[:16])
        elif kind == "money":
            control.fill(f"{Decimal(int(value)) / 100:.2f}")
        elif wanted is not None and known.names_officer(form.code, wanted):
            control.fill(self._name(int(value)))
        else:
            control.fill(str(value))

    def _name(self, person: int) -> str:
        """A person as people write him: his name, and his place where two bear it."""
        name, twins = self.stage.admin.execute("select name, (select count(*) from person t where t.name = p.name and t.active) from person p where id = %s", [person]).fetchone()
        if twins == 1:
            return str(name)
        place = self.stage.admin.execute("select coalesce(r.name_zh, b.name_zh) from posting p join body b on b.id = p.body_id left join room r on r.id = p.room_id where p.person_id = %s and p.ends_at is null order by p.id limit 1", [person]).fetchone()[0]
        return f"{name} {known.APART} {place}"


def played(scene: Callable[..., Any], where: ModuleType, stage: Theatre, window: Callable[..., Person], *more: Any) -> Any:
    """Play one scene of a story with the hands on the screen; a scene that is given its hands gets these."""
    hands = OnScreen(stage, window)
    names = [name for name in ("Hands", "Officers") if hasattr(where, name)]
    taken = list(scene.__annotations__.values())[:1]
    with mock.patch.multiple(where, **{name: (lambda _stage: hands) for name in names}):
        return scene(hands if taken and str(taken[0]) in ("Hands", "Officers") else stage, *more)
