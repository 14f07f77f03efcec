"""Words for the cells of reports: names of bodies and pairs, options of forms, kinds of matters."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from xieli.content.playbooks import sources
from xieli.engines.metrics import Figure
from xieli.engines.playbooks import load_all
from xieli.faces.web.templatetags.xieli import english, named
from xieli.office.bodies.models import Body, BodyKind
from xieli.office.desk.queries import model_names

BODY_GROUPS = ("body", "receiver", "sender", "unit")


@lru_cache(maxsize=1)
def _options() -> dict[str, tuple[str, str]]:
    """Every option, outcome and kind of the shipped playbooks by its code; where a code means different things the first stands."""
    found: dict[str, tuple[str, str]] = {}
    for playbook in load_all(sources()).values():
        found.setdefault(playbook.code, (playbook.label.zh, playbook.label.en))
        for code, outcome in playbook.outcomes.items():
            found.setdefault(code, (outcome.label.zh, outcome.label.en))
        for form in playbook.forms.values():
            for field in form.fields:
                for f in (field, *field.columns):
                    for option in f.options:
                        found.setdefault(option.code, (option.label.zh, option.label.en))
    for code, label in (("handler", ("承办", "handling")), ("team", ("专案组", "team")), ("leader", ("分管领导", "leader")), ("approver", ("审批", "approver")), ("dispatched", ("派员", "dispatched")),
                        ("reviewer", ("复核", "reviewer")), ("receiver", ("接收", "receiver")), ("sender", ("移送方", "sender")), ("break_glass", ("破窗", "break-glass"))):
        found[code] = label
    return found


def names(figures: Iterable[Figure]) -> dict[Any, str]:
    """What stands in front of each group's number: a body, two bodies, an option, a month."""
    keys = {g for f in figures for g in f.groups}
    numbers = {g for g in keys if isinstance(g, int)} | {int(p) for g in keys if isinstance(g, str) and ":" in g for p in g.split(":") if p.isdecimal()}
    bodies = {b.id: str(named(b)) for b in Body.objects.filter(id__in=numbers)}
    kinds = dict(BodyKind.choices)
    models = model_names() if any(isinstance(g, str) and "_" in g and g not in _options() for g in keys) else {}
    found: dict[Any, str] = {}
    for g in keys:
        if g is None or g == "":
            found[g] = "not stated" if english() else "未写明"
        elif isinstance(g, int):
            found[g] = bodies.get(g, str(g))
        elif isinstance(g, str) and ":" in g and all(p.isdecimal() for p in g.split(":")):
            found[g] = " × ".join(bodies.get(int(p), p) for p in g.split(":"))
        elif isinstance(g, date):
            found[g] = g.isoformat()[:7]
        elif g in _options():
            found[g] = _options()[g][1 if english() else 0]
        elif g in models:
            found[g] = models[g]["en" if english() else "zh"]
        elif g in kinds:
            found[g] = str(g).replace("_", " ") if english() else str(kinds[g])
        else:
            found[g] = str(g)
    return found
