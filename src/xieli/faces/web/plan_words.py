"""The engine's sentences with names instead of identities, in the reader's language."""
from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from xieli.faces.web.templatetags.xieli import english
from xieli.office.bodies.models import Body

_BETWEEN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # Chinese words stand without spaces where a number stood with them
_BODY = re.compile(r"(属地机构|首位机构|机构|natural body|first body|[Bb]od(?:y|ies)|首位|the first,) (?P<id>[\w-]+)")
_UNIT = re.compile(r"(单位|[Uu]nits?|村|[Vv]illage) (?P<id>[\w-]+)")
_GOES = re.compile(r"(?P<if>若|If) (?P<u>[\w-]+) (?P<go>去|went to) (?P<b>[\w-]+)")
_LEADS = re.compile(r"^(?P<a>[\w-]+) (?P<than>比|leads) (?P<b>[\w-]+) ")


class Names:
    """Names by identity: from the problem's own `name` fields, else from the register of bodies, else the identity itself."""

    def __init__(self, bodies: dict[str, str], units: dict[str, str] | None = None, shorts: dict[str, str] | None = None) -> None:
        self.bodies, self.units, self.shorts, self.english = bodies, units or {}, shorts or {}, english()

    @classmethod
    def of_bodies(cls) -> Names:
        """Of all county bodies."""
        rows = Body.objects.filter(rank="county", kind__in=["commission", "working_committee"])
        return cls(*_both(rows))

    @classmethod
    def of(cls, problem: dict[str, Any]) -> Names:
        """Of what a problem names; numbers that are bodies of this installation get the register's name in the reader's language."""
        known = [str(x["id"]) for key in ("bodies", "units", "villages") for x in problem.get(key, []) if isinstance(x, dict) and "id" in x]
        rows = Body.objects.filter(id__in=[int(k) for k in known if k.isdecimal() and len(k) < 9], name_zh__in=[x.get("name", "") for key in ("bodies", "units", "villages") for x in problem.get(key, []) if isinstance(x, dict)])
        full, _units, short = _both(rows)
        bodies = {str(b["id"]): str(full.get(str(b["id"]), b.get("name", b["id"]))) for b in problem.get("bodies", []) if isinstance(b, dict) and "id" in b}
        units = {str(u["id"]): str(full.get(str(u["id"]), u.get("name", u["id"]))) for key in ("units", "villages") for u in problem.get(key, []) if isinstance(u, dict) and "id" in u}
        return cls(bodies, units, short)

    def body(self, identity: Any) -> str:
        return self.bodies.get(str(identity), str(identity))

    def short(self, identity: Any) -> str:
        return self.shorts.get(str(identity)) or self.body(identity)

    def unit(self, identity: Any) -> str:
        return self.units.get(str(identity), str(identity))

    def text(self, text: Any) -> str:
        """One sentence of the engine ({zh, en} or Text)."""
        pair = text if isinstance(text, dict) else text.as_json()
        words = str(pair["en" if self.english else "zh"])
        words = _GOES.sub(lambda m: f"{m['if']} {self.unit(m['u'])} {m['go']} {self.body(m['b'])}", words)
        words = _LEADS.sub(lambda m: f"{self.body(m['a'])} {m['than']} {self.body(m['b'])} " if m["a"] in self.bodies else m[0], words)
        words = _BODY.sub(lambda m: f"{m[1]} {self.body(m['id'])}" if m["id"] in self.bodies else m[0], words)
        words = _UNIT.sub(lambda m: f"{m[1]} {self.unit(m['id'])}" if m["id"] in self.units else m[0], words)
        return words if self.english else _BETWEEN.sub("", words)

    def violations(self, verdict: Any) -> list[str] | None:
        """What the checker found, in words; None where nothing was checked."""
        return None if verdict is None else [self.text(v["text"]) for v in verdict]

    def binding(self, b: dict[str, Any]) -> str:
        """One binding rule in plain words."""
        match b["rule"]:
            case "band_top":
                return _("%(body)s 已到均衡上限（%(load)s / %(limit)s）") % {"body": self.body(b["body"]), "load": b["load"] / 10, "limit": b["limit"] / 10}
            case "band_bottom":
                return _("%(body)s 刚够均衡下限（%(load)s / %(limit)s）") % {"body": self.body(b["body"]), "load": b["load"] / 10, "limit": b["limit"] / 10}
            case "cap":
                return _("%(body)s 已到承办能力上限（%(load)s / %(limit)s）") % {"body": self.body(b["body"]), "load": b["load"] / 10, "limit": b["limit"] / 10}
            case "lock":
                return _("%(unit)s 由签批人锁定在 %(body)s") % {"unit": self.unit(b["unit"]), "body": self.body(b["body"])}
            case _:
                return _("调整名额已用完（%(limit)s 家）") % {"limit": b.get("limit", "")}


def laid(ranking: dict[str, Any] | None) -> dict[str, Any] | None:
    """The ranking that lies before a signer, in words: the choice with its place and reason, weights with version, every row."""
    if not ranking:
        return None
    names = Names.of_bodies()
    w = ranking["weights"]
    return {"chosen": names.body(ranking["chosen_body"]), "place": ranking["chosen_place"], "why": ranking["why"], "sha": ranking["sha"], "margin": names.text(ranking["margin"]), "version": w["version"],
            "weights": [(word, w[key]) for key, word in (("load", _("负荷")), ("travel", _("路程")), ("experience", _("经验")), ("fairness", _("公平")), ("readiness", _("条件")), ("cooperation", _("协作")))],
            "natural": [names.text(t) for t in ranking["natural"]],
            "rows": [(r["place"], names.body(r["body"]), r["score"] if r["eligible"] else None, names.text(r["text"]), r.get("calls", [])) for r in ranking["rows"]]}


def _both(rows: Any) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    english_ = english()
    full, short = {}, {}
    for b in rows:
        full[str(b.id)] = b.name_en if english_ else b.name_zh
        short[str(b.id)] = (b.name_en.removesuffix(" Commission").removesuffix(" Working Committee") if english_ else b.name_zh.removesuffix("纪委监委"))
    return full, {}, short
