"""Designation 指定管辖: all bodies ranked for one matter by a documented score. No solver, never automatic.

A pure function: hard exclusions first, each with a code; then an additive score whose parts are shown; ties by id. Readiness is
what a duty officer confirmed (team, custody place, keepers, doctor); what nobody confirmed is "unknown", never "free", and
an unknown counts as not ready in the score. The result is a proposal for a person who signs and may choose another with a
reason. Oral approval is not allowed for designation; that is the approval's matter, not this module's.

Default weights 40/20/20/20 (load, travel, experience, fairness) plus readiness are ours. Sources: seed row S0-41, S0-45.
"""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .words import BadInput, Text
from .zone_model import order_key

State = Literal["yes", "no", "unknown"]
NEEDS = ("team", "custody", "keepers", "doctor")
NEED_WORDS = {"team": ("办案组", "team"), "custody": ("办案场所", "custody place"), "keepers": ("看护", "keepers"), "doctor": ("医生", "doctor")}

#: exclusion codes and their sentences; who may not know why sees only "recusal"
CODES = {
    "recusal": ("须回避", "recused"),
    "rank": ("级别不符", "rank does not match"),
    "capacity": ("超过承办能力", "over capacity"),
    "custody": ("无办案场所", "no custody place"),
    "conflict": ("有未了结的冲突事项", "open conflict"),
    "unable": ("本机关已报告不能承办", "reported itself unable"),
    "redesignation": ("被指定后不得再指定", "a designated matter is not designated again"),
}
PART_WORDS = {"load": ("负荷", "load"), "travel": ("路程", "travel"), "experience": ("同类经验", "experience"),
              "fairness": ("近期指定", "recent designations"), "readiness": ("条件成熟", "readiness"), "cooperation": ("既有协作", "open cooperation")}


@dataclass(frozen=True)
class Score:
    """Points per part at its best; versioned and approved before use (ours: 40/20/20/20, readiness 30, cooperation 5)."""

    version: str = "1 (ours)"
    load: float = 40.0
    travel: float = 20.0
    experience: float = 20.0
    fairness: float = 20.0
    readiness: float = 30.0
    cooperation: float = 5.0
    #: where a part reaches zero: load per officer (0.1 officer-month), hours of travel, designations in a year
    load_zero: float = 20.0
    hours_zero: float = 8.0
    experience_full: int = 3
    designations_zero: int = 6


@dataclass(frozen=True)
class Readiness:
    """What was confirmed, by whom and when (ISO instants). An answer older than `valid_until` counts as unknown."""

    team: State = "unknown"
    custody: State = "unknown"
    keepers: State = "unknown"
    doctor: State = "unknown"
    confirmed_by: str = ""
    valid_until: str = ""

    def at(self, now: str) -> Readiness:
        """Readiness as of `now`: an expired confirmation is unknown again, never free."""
        if not self.confirmed_by or (self.valid_until and self.valid_until <= now):
            return Readiness()
        return self


@dataclass(frozen=True)
class Candidate:
    """One body on the desk. `load` and `cap` in 0.1 officer-month, `hours` of travel to the place of the matter."""

    id: str | int
    officers: float
    load: int
    hours: float
    rank: str = "county"
    cap: int | None = None
    experience: int = 0
    designations: int = 0
    cooperates: bool = False
    readiness: Readiness = Readiness()
    excluded: tuple[str, ...] = ()
    duty_number: str = ""
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matter:
    """What is to be designated: its load, the ranks that may take it, the natural body and whether custody is needed."""

    id: str
    load: int
    natural: str | int | None = None
    ranks: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("team", "custody")
    already_designated: bool = False


@dataclass(frozen=True)
class Ranked:
    """One row: place (None if excluded), codes, score and its parts, readiness as of now, sentence."""

    body: str | int
    place: int | None
    eligible: bool
    codes: tuple[str, ...]
    score: float
    parts: dict[str, float]
    readiness: Readiness
    unknown: tuple[str, ...]
    text: Text
    duty_number: str = ""
    calls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ranking:
    """All bodies, best first, the excluded last; `margin` is the first's lead over the second; never a decision."""

    rows: tuple[Ranked, ...]
    margin: float | None
    margin_text: Text
    natural: tuple[Text, ...]
    weights: Score
    notes: tuple[Text, ...] = field(default=())

    def as_json(self, may_know_why: bool = True) -> dict[str, Any]:
        """JSON; to those who may not know why, every exclusion reads "recusal" and no part of it shows."""
        rows = []
        for r in self.rows:
            row = asdict(r) | {"text": r.text.as_json()}
            if not may_know_why and not r.eligible:
                row |= {"codes": ["recusal"], "text": Text("回避", "recusal").as_json(), "parts": {}, "score": 0.0, "readiness": {}, "unknown": []}
            rows.append(row)
        natural = self.natural if may_know_why else ()
        return {"kind": "designation", "rows": rows, "margin": self.margin, "margin_text": self.margin_text.as_json(),
                "natural": [t.as_json() for t in natural], "weights": asdict(self.weights), "notes": [t.as_json() for t in self.notes]}


def _codes(matter: Matter, c: Candidate, ready: Readiness) -> tuple[str, ...]:
    codes = list(c.excluded)
    if matter.ranks and c.rank not in matter.ranks:
        codes.append("rank")
    if c.cap is not None and c.load + matter.load > c.cap:
        codes.append("capacity")
    if "custody" in matter.needs and ready.custody == "no":
        codes.append("custody")
    if c.officers <= 0:
        codes.append("capacity")
    return tuple(dict.fromkeys(codes))


def _parts(matter: Matter, c: Candidate, ready: Readiness, w: Score) -> dict[str, float]:
    per_officer = (c.load + matter.load) / c.officers if c.officers > 0 else math.inf
    fit = sum(getattr(ready, n) == "yes" for n in matter.needs) / len(matter.needs) if matter.needs else 1.0
    parts = {
        "load": w.load * max(0.0, 1 - per_officer / w.load_zero),
        "travel": w.travel * max(0.0, 1 - c.hours / w.hours_zero),
        "experience": w.experience * min(c.experience, w.experience_full) / w.experience_full,
        "fairness": w.fairness * max(0.0, 1 - c.designations / w.designations_zero),
        "readiness": w.readiness * fit,
        "cooperation": w.cooperation if c.cooperates else 0.0,
    }
    return {k: round(v, 2) for k, v in parts.items()}


def rank(matter: Matter, candidates: Sequence[Candidate], now: str, weights: Score | None = None) -> Ranking:
    """Rank every body for a matter at instant `now` (ISO text). Raises BadInput on duplicate ids or impossible numbers.

    Deterministic: score to two decimals, ties by id. An empty field of eligible bodies says so and points upwards.
    """
    w = weights or Score()
    seen: set[str] = set()
    for c in candidates:
        if str(c.id) in seen:
            raise BadInput("duplicate-id", [str(c.id)], Text(f"机构编号 {c.id} 重复。", f"Body id {c.id} occurs twice."))
        seen.add(str(c.id))
        if min(c.load, c.hours, c.experience, c.designations, c.officers) < 0:
            raise BadInput("negative-load", [str(c.id)], Text(f"机构 {c.id} 的负荷、路程、人数或次数为负数。", f"Body {c.id} has a negative load, travel, strength or count."))
        for code in c.excluded:
            if code not in CODES:
                raise BadInput("unknown-code", [str(c.id), code], Text(f"排除代码 {code} 未定义。", f"Exclusion code {code} is not defined."))
    if matter.load < 0:
        raise BadInput("negative-load", [matter.id], Text("事项负荷为负数。", "The matter has a negative load."))
    drafts = []
    for c in candidates:
        ready = c.readiness.at(now)
        codes = _codes(matter, c, ready) + (("redesignation",) if matter.already_designated else ())
        parts = _parts(matter, c, ready, w)
        drafts.append((c, ready, codes, parts, round(sum(parts.values()), 2)))
    drafts.sort(key=lambda d: (bool(d[2]), -d[4] if not d[2] else 0.0, order_key(d[0].id)))
    rows, place = [], 0
    for c, ready, codes, parts, score in drafts:
        place += not codes
        unknown = tuple(n for n in matter.needs if getattr(ready, n) == "unknown")
        rows.append(Ranked(c.id, None if codes else place, not codes, codes, score, parts, ready, unknown,
                           _sentence(codes, parts, unknown), c.duty_number, c.calls))
    able = [r for r in rows if r.eligible]
    margin = round(able[0].score - able[1].score, 2) if len(able) > 1 else None
    notes = []
    if not able:
        notes.append(Text("全部被排除或满载：报上级指定。", "All are excluded or full: report to the superior for designation."))
    elif able[0].unknown:
        words = _needs(able[0].unknown)
        notes.append(Text(f"首位机构 {able[0].body} 的{words.zh}未确认，请先电话确认。", f"{words.en} of the first body {able[0].body} not confirmed: call first."))
    return Ranking(tuple(rows), margin, _margin(able), _natural(matter, drafts, able, w), w, tuple(notes))


def _needs(names: Sequence[str]) -> Text:
    return Text("、".join(NEED_WORDS[n][0] for n in names), ", ".join(NEED_WORDS[n][1] for n in names))


def _sentence(codes: tuple[str, ...], parts: Mapping[str, float], unknown: tuple[str, ...]) -> Text:
    if codes:
        return Text("排除：" + "、".join(CODES[c][0] for c in codes), "excluded: " + ", ".join(CODES[c][1] for c in codes))
    best = sorted((k for k in parts if parts[k] > 0), key=lambda k: -parts[k])[:3]
    zh = "；".join(f"{PART_WORDS[k][0]} {parts[k]:g}" for k in best)
    en = "; ".join(f"{PART_WORDS[k][1]} {parts[k]:g}" for k in best)
    if unknown:
        words = _needs(unknown)
        zh, en = f"{zh}；{words.zh}未确认", f"{en}; {words.en} unknown"
    return Text(zh, en)


def _margin(able: Sequence[Ranked]) -> Text:
    if len(able) < 2:
        return Text("没有第二个可选机构。", "There is no second eligible body.")
    first, second = able[0], able[1]
    lead = round(first.score - second.score, 2)
    diff = sorted(((round(first.parts[k] - second.parts[k], 2), k) for k in first.parts), key=lambda x: -abs(x[0]))
    decisive = [(d, k) for d, k in diff if d][:2]
    zh = "、".join(f"{PART_WORDS[k][0]} {d:+g}" for d, k in decisive) or "各项相同，按编号排序"
    en = ", ".join(f"{PART_WORDS[k][1]} {d:+g}" for d, k in decisive) or "all parts equal, ordered by id"
    return Text(f"{first.body} 比 {second.body} 高 {lead:g} 分（{zh}）。", f"{first.body} leads {second.body} by {lead:g} points ({en}).")


def _natural(matter: Matter, drafts: Sequence[tuple[Candidate, Readiness, tuple[str, ...], dict[str, float], float]],
             able: Sequence[Ranked], w: Score) -> tuple[Text, ...]:
    """What would have to change for the natural body to be chosen; single changes that would do, then what they reach together."""
    own = next((d for d in drafts if str(d[0].id) == str(matter.natural)), None)
    if own is None:
        return ()
    c, ready, codes, parts, score = own
    if able and str(able[0].body) == str(c.id):
        return (Text("属地机构即为首位。", "The natural body is first."),)
    out = [Text(f"属地机构 {c.id} 被排除：{CODES[k][0]}。解除前不能选。", f"The natural body {c.id} is excluded: {CODES[k][1]}. Not before that ends.") for k in codes]
    if "capacity" in codes and c.cap is not None and c.load + matter.load > c.cap:
        over = c.load + matter.load - c.cap
        out.append(Text(f"须先移出至少 {over / 10:g} 人月的工作。", f"At least {over / 10:g} officer-months of its work would have to move first."))
    if not able:
        return tuple(out)
    need = round(able[0].score - score, 2) + (0.0 if not codes and order_key(c.id) < order_key(able[0].body) else 0.01)
    if need <= 0:
        return tuple(out)
    out.append(Text(f"其得分为 {score:g}，比首位低 {able[0].score - score:.2f} 分。", f"It scores {score:g}, {able[0].score - score:.2f} below the first."))
    wanted = parts["load"] + need
    if wanted <= w.load:
        limit = w.load_zero * (1 - wanted / w.load) * c.officers - matter.load
        if limit >= 0:
            out.append(Text(f"若其在手工作由 {c.load / 10:g} 降至 {math.floor(limit) / 10:g} 人月，即可居首。",
                            f"It would be first if its own work fell from {c.load / 10:g} to {math.floor(limit) / 10:g} officer-months."))
    missing = [n for n in matter.needs if getattr(ready, n) != "yes"]
    if missing and w.readiness * len(missing) / len(matter.needs) >= need:
        words = _needs(missing)
        out.append(Text(f"若确认其{words.zh}到位，即可居首。", f"It would be first if its {words.en} were confirmed ready."))
    if (w.travel - parts["travel"]) + (w.load - parts["load"]) + w.readiness - parts["readiness"] < need:
        out.append(Text("仅降低负荷、缩短路程、确认条件仍不足以居首。", "Less load, less travel and confirmed readiness together would still not suffice."))
    return tuple(out)


def from_json(data: dict[str, Any]) -> tuple[Matter, list[Candidate], str, Score]:
    """Read {matter, bodies, now, weights?}; unknown fields and bad shapes raise BadInput."""
    try:
        m: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data["matter"].items()}
        bodies = []
        for b in data["bodies"]:
            fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in b.items() if k != "readiness"}
            bodies.append(Candidate(**fields, readiness=Readiness(**b.get("readiness", {}))))
        matter = Matter(**m)
        if any(n not in NEEDS for n in matter.needs):
            raise ValueError(f"needs: {matter.needs}")
        return matter, bodies, str(data["now"]), Score(**data.get("weights", {}))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput("format", [str(error)], Text(f"指定管辖输入缺项或有未知字段：{error}。", f"A field is missing or unknown: {error}.")) from error
