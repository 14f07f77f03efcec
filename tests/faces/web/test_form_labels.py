"""Whatever form a playbook brings, each of its fields says what belongs in it: also to those who hear the page."""
from __future__ import annotations

from html.parser import HTMLParser


class Fields(HTMLParser):
    """Fields of a page, those with a name that is read out, and labels."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, bool]] = []  # identity, named by itself or by the label around it
        self.labels: set[str] = set()
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "label":
            self._inside += 1
            self.labels.add(given.get("for") or "")
        elif tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self.fields.append((given.get("id") or "", bool(given.get("aria-label")) or self._inside > 0))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._inside -= 1


def test_every_field_of_every_form_has_a_name(stage):
    from django.template.loader import render_to_string

    from xieli.faces.web.playbook_forms import controls
    from xieli.office.matters.services.playbooks import shipped

    nameless, seen = [], 0
    with stage.theatre.acts("chief3"):
        for playbook in shipped().values():
            for form in playbook.forms.values():
                page = Fields()
                page.feed(render_to_string("web/parts/controls.html", {"controls": controls(form, {})}))
                seen += len(page.fields)
                nameless += [f"{playbook.code}.{form.code}: {identity}" for identity, named in page.fields if not named and identity not in page.labels]
    assert nameless == []
    assert seen > 1_000
